import type { TapReading, UsageTap } from "../../../core/ports/call-format.ts";
import { isRecord } from "../check-shape.ts";
import { readError, readMessage } from "./read-message.ts";
import { createUsageReader } from "./usage.ts";

const lineFeed = 0x0a;

/** Events whose data is read. */
const readEvents: ReadonlySet<string> = new Set(["message_start", "message_delta", "message_stop", "error"]);
/** Of a line that is read, which a real one never comes near, and of all others: enough to know where the text begins. */
const longestRead = 1024 * 1024;
const longestGlance = 256;

/**
 * Reads the figures out of a message's stream. Only the few events that hold them are parsed; of the others the length
 * alone is taken. Needs the names of events, which the vendor's own clients need as well, and lines that end with LF or
 * CRLF. However the bytes are split and however long a line is, it holds a bounded part of one line.
 */
export function openStreamTap(): UsageTap {
  const usage = createUsageReader();
  let told: Pick<TapReading, "model" | "id" | "stopReason"> = {
    model: undefined,
    id: undefined,
    stopReason: undefined,
  };
  let finished = false;
  let error: string | undefined;
  let contentBytes = 0;

  let event = "";
  /** The beginning of the line that is coming. */
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let lineBytes = 0;

  function hold(piece: Uint8Array): void {
    lineBytes += piece.length;
    const room = (readEvents.has(event) ? longestRead : longestGlance) - heldBytes;
    if (piece.length === 0 || room <= 0) return;
    const kept = piece.length > room ? piece.subarray(0, room) : piece;
    held.push(kept);
    heldBytes += kept.length;
  }
  function endLine(): void {
    const line = Buffer.concat(held).toString("utf8");
    if (line === "" || line === "\r") event = "";
    else if (line.startsWith("event:")) event = line.slice("event:".length).trim();
    else if (line.startsWith("data:")) readData(line.slice("data:".length));
    held = [];
    heldBytes = 0;
    lineBytes = 0;
  }
  function readData(data: string): void {
    if (event === "content_block_delta") contentBytes += measureContent(data, lineBytes - "data:".length);
    else if (readEvents.has(event)) readEvent(parseJson(data));
  }
  function readEvent(data: unknown): void {
    if (!isRecord(data)) return;
    if (event === "message_start") {
      const message: unknown = data["message"];
      told = readMessage(message);
      if (isRecord(message)) usage.read(message["usage"]);
    } else if (event === "message_delta") {
      told = { ...told, stopReason: readMessage(data["delta"]).stopReason };
      usage.read(data["usage"]);
    } else if (event === "error") error = readError(data);
    else finished = true;
  }

  return {
    push(bytes) {
      let start = 0;
      for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
        hold(bytes.subarray(start, end));
        endLine();
        start = end + 1;
      }
      hold(bytes.subarray(start));
    },
    read: () => ({ ...told, usage: usage.usage, finished, contentBytes, error }),
  };
}

/** In characters, which before the text are bytes as well. */
const beforeContent = /"(?:text|thinking|partial_json)":\s?"/;
const behindContent = '"}}'.length;

/** Bytes of the text in a delta, from its beginning and its length. Those that are written as escapes count double. */
function measureContent(data: string, bytes: number): number {
  const found = beforeContent.exec(data);
  return found === null ? 0 : Math.max(0, bytes - found.index - found[0].length - behindContent);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
