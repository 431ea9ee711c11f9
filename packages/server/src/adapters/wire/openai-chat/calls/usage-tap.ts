import { noUsage } from "@gantry/contracts/completion";
import type { TapReading, UsageTap } from "../../../../core/ports/call-format.ts";
import { isRecord } from "../../check-shape.ts";
import { decodeStreamedError } from "../../read-provider-error.ts";
import { findChoice, isErrorChunk, toText } from "./answer-reader.ts";
import { countContentBytes, hasValue } from "./chunk-bytes.ts";
import { decodeUsage } from "./decode-usage.ts";
import { createLineSplitter } from "./line-splitter.ts";

/**
 * Opens a tap for an answer that is passed on as it is. A stream is finished by `[DONE]`, or where both a finish reason and
 * figures have come: the figures come last, and only where they were asked for.
 */
export function openChatTap(streamed: boolean): UsageTap {
  const whole = openWholeTap();
  if (!streamed) return whole;
  const stream = openStreamTap();
  let tap: UsageTap | undefined;
  return {
    push(bytes) {
      const word = firstWord(bytes);
      if (tap === undefined && word === "") return;
      // Some servers answer a streamed call by one JSON object, as where they fail.
      tap ??= word.startsWith("{") ? whole : stream;
      tap.push(bytes);
    },
    read: () => (tap ?? stream).read(),
  };
}

const usageKey = Buffer.from('"usage"');
const finishKey = Buffer.from('"finish_reason"');
const errorKey = Buffer.from('"error"');
const dataField = Buffer.from("data:");
const longestLine = 32 * 1024 * 1024;
/** In so many events at most the answer's id and model are looked for. */
const mostHeads = 8;

/** Only the few events that tell a figure, an end, an error or the answer's name are parsed; of the others bytes are counted. */
function openStreamTap(): UsageTap {
  const lines = createLineSplitter(longestLine);
  let note = emptyNote;
  let contentBytes = 0;
  let isDone = false;
  let headsLeft = mostHeads;

  function readLine(line: Buffer): void {
    if (!line.subarray(0, dataField.length).equals(dataField)) return;
    const data = line.subarray(dataField.length);
    if (data.length < 10 && data.toString("latin1").trim() === "[DONE]") {
      isDone = true;
      return;
    }
    contentBytes += countContentBytes(data);
    const isHead = headsLeft > 0 && (note.model === undefined || note.id === undefined);
    if (isHead) headsLeft -= 1;
    if (isHead || hasValue(data, usageKey) || hasValue(data, finishKey) || hasValue(data, errorKey)) {
      note = addChunk(note, parseJson(data));
    }
  }

  return {
    push(bytes) {
      for (const line of lines.push(bytes)) if (line.length > 0) readLine(line);
    },
    read: () => toReading(note, contentBytes, isDone),
  };
}

/** What was read of an answer so far. `usage` is undefined where no figures came. */
type Note = Pick<TapReading, "model" | "id" | "stopReason" | "error"> & {
  readonly usage: TapReading["usage"] | undefined;
};

const emptyNote: Note = { usage: undefined, model: undefined, id: undefined, stopReason: undefined, error: undefined };

function addChunk(note: Note, chunk: unknown): Note {
  if (!isRecord(chunk)) return note;
  const choice = findChoice(chunk["choices"]);
  return {
    id: note.id ?? (toText(chunk["id"]) || undefined),
    model: note.model ?? (toText(chunk["model"]) || undefined),
    usage: decodeUsage(chunk["usage"]) ?? decodeUsage(choice?.["usage"]) ?? note.usage,
    stopReason: toText(choice?.["finish_reason"]) || note.stopReason,
    error: note.error ?? (isErrorChunk(chunk) ? decodeStreamedError(chunk).message : undefined),
  };
}

function toReading({ usage, ...note }: Note, contentBytes: number, isDone: boolean): TapReading {
  const finished = isDone || (note.stopReason !== undefined && usage !== undefined);
  return { ...note, usage: usage ?? noUsage, finished: finished && note.error === undefined, contentBytes };
}

const longestWhole = 64 * 1024 * 1024;

/** A whole answer is read when its last byte may be there. */
function openWholeTap(): UsageTap {
  const pieces: Buffer[] = [];
  let length = 0;
  let reading = toReading(emptyNote, 0, false);
  let isRead = true;
  return {
    push(bytes) {
      length += bytes.length;
      if (length > longestWhole) return;
      pieces.push(Buffer.from(bytes));
      isRead &&= !mayEndObject(bytes);
    },
    read() {
      if (isRead) return reading;
      isRead = true;
      const body = Buffer.concat(pieces);
      const chunk = parseJson(body);
      if (chunk === undefined) return reading;
      const note = addChunk(emptyNote, chunk);
      reading = toReading(note, countContentBytes(body), note.stopReason !== undefined);
      return reading;
    },
  };
}

const firstWord = (bytes: Uint8Array) => toLatin(bytes.subarray(0, 64)).trimStart();

function mayEndObject(bytes: Uint8Array): boolean {
  const tail = toLatin(bytes.subarray(-64)).trimEnd();
  return tail === "" || tail.endsWith("}");
}

function toLatin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Undefined where it is no JSON, such as the beginning of a longer one. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
