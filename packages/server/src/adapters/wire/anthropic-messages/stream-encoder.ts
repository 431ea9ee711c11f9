import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { AnswerHead, CallStreamEncoder } from "../../../core/ports/call-format.ts";
import { toJsonLine } from "../to-json-line.ts";
import { createBlockSequence } from "./block-sequence.ts";
import { encodeMessageHead } from "./encode-answer.ts";
import { encodeMessagesError } from "./errors.ts";
import { encodeStopReason } from "./stop-reason.ts";
import { encodeUsage } from "./usage.ts";

/**
 * Creates the state machine that turns the events of one answer into the vendor's stream: `message_start`, each block with
 * its start, deltas and stop, then `message_delta` with the reason of the end and the usage, and `message_stop`. A failure
 * becomes one `error` event, on which the official clients throw, and nothing follows it.
 */
export function openStreamEncoder(head: AnswerHead): CallStreamEncoder {
  const blocks = createBlockSequence();
  let state: "waiting" | "answering" | "over" = "waiting";

  function start(usage: TokenUsage = noUsage): string {
    if (state !== "waiting") return "";
    state = "answering";
    const empty = { content: [], stop_reason: null, stop_sequence: null, usage: encodeUsage(usage) };
    return toEvent("message_start", { message: { ...encodeMessageHead(head), ...empty } });
  }
  function fail(failure: Failure): string {
    state = "over";
    return toEvent("error", encodeMessagesError(failure).body);
  }
  function end(event: Extract<ModelEvent, { type: "call.finished" }>): string {
    const before = start() + blocks.finish();
    state = "over";
    const delta = { stop_reason: encodeStopReason(event.reason), stop_sequence: event.stopSequence ?? null };
    return before + toEvent("message_delta", { delta, usage: encodeUsage(event.usage) }) + toEvent("message_stop", {});
  }

  return {
    encode(event) {
      if (state === "over") return "";
      switch (event.type) {
        case "call.started":
          return start(event.usage);
        case "text.delta":
          return start() + blocks.grow("text", event.text);
        case "thinking.delta":
          return start() + blocks.grow("thinking", event.text);
        case "thinking.signed":
          return start() + blocks.sign(event.signature);
        case "thinking.redacted":
          return start() + blocks.redact(event.data);
        case "tool_call.started":
          return start() + blocks.openCall(event.index, event.id, event.name);
        case "tool_call.delta":
          return start() + blocks.growCall(event.index, event.arguments);
        case "call.finished":
          return end(event);
        case "call.failed":
          return fail(event.error);
      }
    },
    finish: () => (state === "over" ? "" : fail(toFailure("upstream_interrupted"))),
  };
}

function toEvent(type: string, fields: object): string {
  return `event: ${type}\ndata: ${toJsonLine({ type, ...fields })}\n\n`;
}
