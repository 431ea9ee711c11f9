import { toFailure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { createParser } from "eventsource-parser";
import type { CallStreamDecoder } from "../../../core/ports/call-format.ts";
import { createAnswerReader, unreadableAnswer } from "./read-answer.ts";
import { readText, toRecord } from "./read-json.ts";

/** In characters. The last event holds the whole answer, and the request's instructions and tools besides. */
const longestEvent = 32 * 1024 * 1024;

/** Opens the state machine over the bytes of an answer's server-sent events. */
export function openDecoder(): CallStreamDecoder {
  const reader = createAnswerReader();
  const text = new TextDecoder();
  let events: ModelEvent[] = [];
  let ended = false;
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: ({ data, event = "" }) => {
      if (reader.over || data === "[DONE]") return;
      const parsed = parseJson(data);
      // An event that the end of the stream cuts off is no longer JSON, and says nothing.
      if (parsed === undefined && ended) return;
      events.push(...reader.read(readText(toRecord(parsed), "type") || event, parsed));
    },
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") events.push(...reader.fail(unreadableAnswer));
    },
  });

  const feed = (chunk: string): readonly ModelEvent[] => {
    if (reader.over) return [];
    parser.feed(chunk);
    const read = events;
    events = [];
    return read;
  };
  return {
    push: (bytes) => feed(text.decode(bytes, { stream: true })),
    finish() {
      ended = true;
      // Some servers leave out the blank line behind the last event.
      return [...feed("\n\n"), ...reader.fail(toFailure("upstream_interrupted"))];
    },
  };
}

/** Undefined where it is no JSON. */
function parseJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}
