import type { CompletionEvent } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { noArguments } from "../../../core/completions/gather-content.ts";
import { toJsonLine } from "../to-json-line.ts";
import { createChunkFrame, type ChunkSettings } from "./chunk-frame.ts";
import { encodeCost, encodeFinishReason } from "./encode.ts";
import { encodeOpenAiError } from "./errors.ts";
import { encodeUsage } from "./usage.ts";

export interface ChatStreamEncoder {
  /** The text of server-sent events that this event becomes; may be empty. After the last word always empty. */
  encode(event: CompletionEvent | ModelEvent): string;
  /**
   * To be called when the events are over. Empty where the answer had its last word; else the error that tells the client
   * that the answer is not whole.
   */
  finish(): string;
}

/**
 * Creates the state machine that turns the events of one answer, of an agent or of a model's API, into the stream of
 * `chat.completion.chunk` objects: a chunk with the role, the deltas (for tool calls one with id and name, then those of
 * the arguments as they come), a chunk with the finish reason, the usage where it was asked for, and `[DONE]`.
 * A failure becomes one chunk with an `error`, on which the official clients throw, and no `[DONE]` follows. Retries
 * upstream are comments, which clients skip. What is the same in all chunks is put together once.
 */
export function createChatStreamEncoder(settings: ChunkSettings): ChatStreamEncoder {
  const frame = createChunkFrame(settings);
  /** Calls that have no arguments so far. */
  const bare = new Set<number>();
  let state: "waiting" | "answering" | "over" = "waiting";

  const start = () => {
    if (state !== "waiting") return "";
    state = "answering";
    return frame.choice('{"role":"assistant","content":"","refusal":null}', "null");
  };
  const call = (delta: object) => start() + frame.choice(`{"tool_calls":[${toJsonLine(delta)}]}`, "null");
  const fillBare = () => {
    const chunks = [...bare].map((index) => call({ index, function: { arguments: noArguments } }));
    bare.clear();
    return chunks.join("");
  };
  const fail = (failure: Failure) => {
    state = "over";
    return `data: ${toJsonLine(encodeOpenAiError(failure).body)}\n\n`;
  };

  return {
    encode(event) {
      if (state === "over") return "";
      switch (event.type) {
        case "text.delta":
          return event.text === "" ? "" : start() + frame.content(event.text);
        case "thinking.delta":
          return event.text === "" ? "" : start() + frame.thinking(event.text);
        case "answer.started":
        case "call.started":
          return start();
        case "thinking.signed":
        case "thinking.redacted":
          return "";
        case "tool_call.started": {
          const { index, id, name } = event;
          bare.add(index);
          return call({ index, id, type: "function", function: { name, arguments: "" } });
        }
        case "tool_call.delta":
          if (event.arguments === "") return "";
          bare.delete(event.index);
          return call({ index: event.index, function: { arguments: event.arguments } });
        case "upstream.retried":
          return `: upstream retry ${event.attempt}, ${describeStatus(event.status)}, in ${event.delayMs} ms\n\n`;
        case "answer.failed":
        case "call.failed":
          return fail(event.error);
        case "answer.finished":
        case "call.finished": {
          const head = start() + fillBare();
          state = "over";
          const last = frame.choice("{}", toJsonLine(encodeFinishReason(event.reason)));
          return `${head}${last}${settings.includeUsage ? encodeFigures(frame, event) : ""}data: [DONE]\n\n`;
        }
      }
    },
    finish: () => (state === "over" ? "" : fail(toFailure("upstream_interrupted"))),
  };
}

function describeStatus(status: number | undefined): string {
  return status === undefined ? "no connection" : `status ${status}`;
}

type LastWord = Extract<CompletionEvent | ModelEvent, { readonly type: "answer.finished" | "call.finished" }>;

/** What an answer cost is known here where an agent gave it: calls of a model's API are priced where they pass. */
function encodeFigures(frame: ReturnType<typeof createChunkFrame>, event: LastWord): string {
  const cost = event.type === "answer.finished" ? toJsonLine(encodeCost(event.costMicros ?? null)) : undefined;
  return frame.usage(toJsonLine(encodeUsage(event.usage)), cost);
}
