import { createParser } from "eventsource-parser";
import { toFailure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type { CallStreamDecoder } from "../../../../core/ports/call-format.ts";
import { createAnswerReader, unreadableAnswer } from "./answer-reader.ts";

/** Far above any event of an answer, and far below what hurts. */
const longestEvent = 32 * 1024 * 1024;

/**
 * Creates the state machine over the bytes of an answer's stream. `[DONE]` ends it; where the connection ends without, a
 * finish reason must have come. An answer that comes as one JSON object, as some servers send it where they fail or do not
 * stream, is read as well. `createCallId` names the tool calls that have no id.
 */
export function createCallStreamDecoder(createCallId: () => string): CallStreamDecoder {
  const reader = createAnswerReader(createCallId);
  const text = new TextDecoder();
  let events: ModelEvent[] = [];
  let whole: WholeAnswer | undefined;
  let isFirst = true;
  let isAtEnd = false;
  const emit = (more: readonly ModelEvent[]) => {
    for (const event of more) events.push(event);
  };

  const parser = createParser({
    maxBufferSize: longestEvent,
    onEvent({ data }) {
      const word = data.trim();
      if (word === "") return;
      if (word === "[DONE]") return emit(reader.close());
      const chunk = parseJson(data);
      // At the end the last event may be cut off: what is missing is told then, not what is there.
      if (chunk !== undefined || !isAtEnd) emit(reader.read(chunk));
    },
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") emit(reader.end(unreadableAnswer));
    },
  });

  function feed(piece: string): void {
    if (isFirst && piece.trim() !== "") {
      isFirst = false;
      if (piece.trimStart().startsWith("{")) whole = createWholeAnswer();
    }
    if (whole === undefined) parser.feed(piece);
    else if (!whole.add(piece)) emit(reader.end(unreadableAnswer));
  }
  function take(): readonly ModelEvent[] {
    const taken = events;
    events = [];
    return taken;
  }

  return {
    push(bytes) {
      if (reader.over) return [];
      feed(text.decode(bytes, { stream: true }));
      return take();
    },
    finish() {
      if (reader.over) return [];
      isAtEnd = true;
      if (whole === undefined) parser.feed("\n\n");
      const answer = whole === undefined ? undefined : parseJson(whole.text());
      if (answer !== undefined) emit([...reader.read(answer), ...reader.close()]);
      emit(reader.end(toFailure("upstream_interrupted")));
      return take();
    },
  };
}

interface WholeAnswer {
  /** False where it has no end. */
  add(piece: string): boolean;
  text(): string;
}

function createWholeAnswer(): WholeAnswer {
  const pieces: string[] = [];
  let length = 0;
  return {
    add(piece) {
      pieces.push(piece);
      length += piece.length;
      return length <= longestEvent;
    },
    text: () => pieces.join(""),
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
