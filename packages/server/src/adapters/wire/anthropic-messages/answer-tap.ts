import type { TapReading, UsageTap } from "../../../core/ports/call-format.ts";
import { isRecord } from "../check-shape.ts";
import { readError, readMessage } from "./read-message.ts";
import { createUsageReader } from "./usage.ts";

/** A whole answer has as many bytes at most; of a longer one nothing is read. */
const longestAnswer = 64 * 1024 * 1024;

/** Reads the figures of a whole message, once all of it has come. */
export function openAnswerTap(): UsageTap {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  return {
    push(piece) {
      bytes += piece.length;
      if (bytes <= longestAnswer) pieces.push(piece);
      else pieces.length = 0;
    },
    read: () => readAnswer(Buffer.concat(pieces), bytes),
  };
}

function readAnswer(answer: Buffer, contentBytes: number): TapReading {
  const body = parseJson(answer.toString("utf8"));
  const usage = createUsageReader();
  const isError = isRecord(body) && body["type"] === "error";
  if (isRecord(body)) usage.read(body["usage"]);
  return {
    ...readMessage(body),
    usage: usage.usage,
    finished: isRecord(body) && !isError,
    contentBytes,
    error: isError ? readError(body) : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
