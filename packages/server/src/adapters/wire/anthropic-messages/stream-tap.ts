import type { TapReading, UsageTap } from "../../../core/ports/call-format.ts";
import { isRecord } from "../check-shape.ts";
import { readError, readMessage } from "./read-message.ts";
import { createUsageReader } from "./usage.ts";

const eventField = "event:";
const dataField = "data:";

/** A line of a stream, or as much of it as is read: `buffer` and `text` from `start` to `end`. */
interface Line {
  readonly buffer: Buffer;
  /** The same bytes, each a character. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of the line in all. */
  readonly bytes: number;
}

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
  /** The beginning of a line that came in pieces. */
  let held: Buffer[] = [];
  let heldBytes = 0;
  let lineBytes = 0;

  function hold(piece: Buffer): void {
    lineBytes += piece.length;
    const room = (readEvents.has(event) ? longestRead : longestGlance) - heldBytes;
    if (piece.length === 0 || room <= 0) return;
    const kept = piece.length > room ? piece.subarray(0, room) : piece;
    held.push(kept);
    heldBytes += kept.length;
  }
  function readHeldLine(): void {
    const [line, bytes] = [Buffer.concat(held), lineBytes];
    held = [];
    heldBytes = 0;
    lineBytes = 0;
    readLine({ buffer: line, text: line.toString("latin1"), start: 0, end: line.length, bytes });
  }
  function readLine(line: Line): void {
    const { text, start, bytes } = line;
    if (bytes === 0 || (bytes === 1 && text[start] === "\r")) event = "";
    else if (text.startsWith(eventField, start)) {
      event = text.slice(start + eventField.length, Math.min(line.end, start + longestGlance)).trim();
    } else if (text.startsWith(dataField, start)) readData(line);
  }
  function readData({ buffer, text, start, end, bytes }: Line): void {
    const from = start + dataField.length;
    if (event === "content_block_delta") {
      const glance = text.slice(from, Math.min(end, start + longestGlance));
      contentBytes += measureContent(glance, bytes - dataField.length);
    } else if (readEvents.has(event)) {
      readEvent(parseJson(buffer.toString("utf8", from, Math.min(end, start + longestRead))));
    }
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
      const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      // A character is a byte. Texts are searched many times faster than buffers.
      const text = buffer.toString("latin1");
      let start = 0;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
        // A line that came whole is read where it lies.
        if (lineBytes === 0) readLine({ buffer, text, start, end, bytes: end - start });
        else {
          hold(buffer.subarray(start, end));
          readHeldLine();
        }
        start = end + 1;
      }
      hold(buffer.subarray(start));
    },
    read: () => ({ ...told, usage: usage.usage, finished, contentBytes, error }),
  };
}

const beforeContent = /"(?:text|thinking|partial_json)":\s?"/;
const behindContent = '"}}'.length;

/** Bytes of the text in a delta, from its beginning, a byte a character, and its length. Those that are written as escapes count double. */
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
