import { createLineSplitter } from "./line-splitter.ts";

/** Reads the `data` out of server-sent events, however their bytes come split. */
export interface EventStreamReader {
  /** The data of the events that these bytes complete. */
  push(bytes: Uint8Array): readonly string[];
  /** The stream has ended: the data of an event that has no end, which may be cut off. */
  finish(): string | undefined;
  /** An event was longer than may be: nothing more comes out. */
  readonly overflowed: boolean;
}

/** Far above any event of a model's answer, and far below what hurts. */
const longestEvent = 16 * 1024 * 1024;

/**
 * The names of events are left out, since in all dialects the data tells its own kind. A line that is a JSON object counts
 * as data too: so do some servers answer a streamed call that they cannot serve.
 */
export function createEventStreamReader(longest: number = longestEvent): EventStreamReader {
  const lines = createLineSplitter(longest);
  let data: string[] = [];
  let dataLength = 0;
  let overflowed = false;

  function takeEvent(): string {
    const event = data.length === 1 ? (data[0] ?? "") : data.join("\n");
    data = [];
    dataLength = 0;
    return event;
  }
  function addLine(line: string): void {
    const text = readData(line);
    if (text === undefined) return;
    dataLength += text.length + 1;
    if (dataLength > longest) overflowed = true;
    else data.push(text);
  }

  return {
    push(bytes) {
      const events: string[] = [];
      if (overflowed) return events;
      for (const line of lines.push(bytes)) {
        if (line.length > 0) addLine(line.toString());
        else if (data.length > 0) events.push(takeEvent());
        if (overflowed) break;
      }
      overflowed ||= lines.overflowed;
      return events;
    },
    finish() {
      if (overflowed) return undefined;
      addLine(lines.rest().toString());
      return data.length === 0 ? undefined : takeEvent();
    },
    get overflowed() {
      return overflowed;
    },
  };
}

function readData(line: string): string | undefined {
  if (line.startsWith("data:")) return line.slice(line[5] === " " ? 6 : 5);
  return line.startsWith("{") ? line : undefined;
}
