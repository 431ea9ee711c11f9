import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { AnswerHead, CallStreamEncoder } from "../../../../core/ports/call-format.ts";
import { toJsonLine } from "../../to-json-line.ts";
import { createChunkFrame } from "../chunk-frame.ts";
import { encodeOpenAiError } from "../errors.ts";
import { encodeUsage } from "../usage.ts";
import { encodeCallFinishReason, noArguments } from "./encode-call-answer.ts";

/**
 * Creates the state machine that turns the events of one call into `chat.completion.chunk` objects: as in `../stream.ts`,
 * and for tool calls a delta with id and name, then deltas of arguments as they come. The seal of thinking has no place
 * in the shape and is left out.
 */
export function createCallStreamEncoder(head: AnswerHead & { readonly includeUsage: boolean }): CallStreamEncoder {
  const frame = createChunkFrame(head);
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
        case "call.started":
          return start();
        case "text.delta":
          return event.text === "" ? "" : start() + frame.content(event.text);
        case "thinking.delta":
          return event.text === "" ? "" : start() + frame.thinking(event.text);
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
        case "call.failed":
          return fail(event.error);
        case "call.finished": {
          const open = start() + fillBare();
          state = "over";
          const last = frame.choice("{}", toJsonLine(encodeCallFinishReason(event.reason)));
          const usage = head.includeUsage ? frame.usage(toJsonLine(encodeUsage(event.usage))) : "";
          return `${open}${last}${usage}data: [DONE]\n\n`;
        }
      }
    },
    finish: () => (state === "over" ? "" : fail(toFailure("upstream_interrupted"))),
  };
}
