import { toFailure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { CallStreamDecoder } from "../../../core/ports/call-format.ts";
import { createAnswerReader, unreadableAnswer } from "./read-answer.ts";
import { readText, toRecord } from "./read-json.ts";

/** The last event holds the whole answer, and the request's instructions and tools besides. */
const longestEvent = 32 * 1024 * 1024;

/** Opens the state machine over the bytes of an answer's server-sent events. An event that is cut off is none. */
export function openDecoder(): CallStreamDecoder {
  const reader = createAnswerReader();
  const text = new TextDecoder();
  let events: ModelEvent[] = [];
  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent: (message) => events.push(...readMessage(message)),
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") events.push(...reader.fail(unreadableAnswer));
    },
  });

  const readMessage = ({ data, event = "" }: EventSourceMessage): readonly ModelEvent[] => {
    if (reader.over || data === "" || data === "[DONE]") return [];
    const parsed = parseJson(data);
    return reader.read(readText(toRecord(parsed), "type") || event, parsed);
  };

  return {
    push(bytes) {
      if (reader.over) return [];
      parser.feed(text.decode(bytes, { stream: true }));
      const read = events;
      events = [];
      return read;
    },
    finish: () => reader.fail(toFailure("upstream_interrupted")),
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
