import { createParser } from "eventsource-parser";
import { toFailure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type { CallStreamDecoder } from "../../../core/ports/call-format.ts";
import { unreadableAnswer } from "./decode-answer.ts";
import { createMessageReader } from "./message-reader.ts";

/** In characters: far above any event of a message, and far below what hurts. */
const longestEvent = 32 * 1024 * 1024;

/**
 * Creates the state machine over the bytes of a message's stream. What cannot be read, an `error`, and an end before
 * `message_stop` give one `call.failed`, and nothing after it.
 */
export function openStreamDecoder(): CallStreamDecoder {
  const reader = createMessageReader();
  const text = new TextDecoder();
  let events: ModelEvent[] = [];
  let isAtEnd = false;
  const emit = (more: readonly ModelEvent[]) => {
    for (const event of more) events.push(event);
  };

  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent({ data }) {
      const event = parseJson(data);
      // The last event may be cut off: what is missing is told then, not what is there.
      if (event !== undefined || !isAtEnd) emit(reader.read(event));
    },
    onError({ type }) {
      if (type === "max-buffer-size-exceeded") emit(reader.fail(unreadableAnswer));
    },
  });

  function feed(piece: string): void {
    if (!reader.over) parser.feed(piece);
  }
  function take(): readonly ModelEvent[] {
    const taken = events;
    events = [];
    return taken;
  }

  return {
    push(bytes) {
      feed(text.decode(bytes, { stream: true }));
      return take();
    },
    finish() {
      isAtEnd = true;
      feed("\n\n");
      emit(reader.fail(toFailure("upstream_interrupted")));
      return take();
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
