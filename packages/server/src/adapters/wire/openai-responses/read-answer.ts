import { noUsage } from "@gantry/contracts/completion";
import type { CallFinishReason, ModelEvent } from "@gantry/contracts/model-call";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { decodeStreamedError } from "../read-provider-error.ts";
import { createAnswerContent, type AnswerContent } from "./answer-content.ts";
import { decodeUsage } from "./decode-usage.ts";
import { isRecord, readRecords, readText, toRecord, type JsonRecord } from "./read-json.ts";

/** A state machine over the JSON events of one answer. Behind the last word it reads nothing more. */
export interface AnswerReader {
  /** `type` is the event's own, or the name under which it came. Never throws. */
  read(type: string, event: unknown): readonly ModelEvent[];
  /** Ends the answer, where it has not had its last word. */
  fail(failure: Failure): readonly ModelEvent[];
  readonly over: boolean;
}

export const unreadableAnswer = toFailure(
  "upstream_failed",
  "The model's provider sent an answer that cannot be read.",
);

export function createAnswerReader(): AnswerReader {
  const content = createAnswerContent();
  let state: "waiting" | "answering" | "over" = "waiting";

  const start = (response: JsonRecord): readonly ModelEvent[] => {
    if (state !== "waiting") return [];
    state = "answering";
    return [{ type: "call.started", id: readText(response, "id"), model: readText(response, "model") }];
  };
  const fail = (error: Failure, usage = noUsage): readonly ModelEvent[] => {
    state = "over";
    return [{ type: "call.failed", error, usage }];
  };
  const finish = (end: AnswerEnd, response: JsonRecord): readonly ModelEvent[] => {
    const usage = decodeUsage(response["usage"]);
    if (end === "failed") return fail(decodeStreamedError(response["error"]), usage);
    if (end === "cancelled") return fail(toFailure("upstream_interrupted"), usage);
    const started = start(response);
    const rest = content.readOutput(readRecords(response, "output"));
    if (rest === undefined) return [...started, ...fail(unreadableAnswer, usage)];
    state = "over";
    return [...started, ...rest, { type: "call.finished", reason: toFinishReason(end, response, content), usage }];
  };

  return {
    get over() {
      return state === "over";
    },
    fail: (failure) => (state === "over" ? [] : fail(failure)),
    read(type, event) {
      if (state === "over") return [];
      if (!isRecord(event)) return fail(unreadableAnswer);
      if (!type.startsWith("response.")) return isError(type, event) ? fail(decodeStreamedError(event)) : [];
      const response = toRecord(event["response"]);
      const end = toEnd(type, response);
      if (end !== undefined) return finish(end, response);
      const started = start(response);
      return [...started, ...(content.readEvent(type, event) ?? fail(unreadableAnswer))];
    },
  };
}

type AnswerEnd = "completed" | "incomplete" | "failed" | "cancelled";

/** Servers differ in whether the event or the answer in it tells how it ended; the worse of both counts. */
function toEnd(type: string, response: JsonRecord): AnswerEnd | undefined {
  const told = /^response\.(completed|done|incomplete|failed|cancelled)$/.exec(type)?.[1];
  if (told === undefined) return undefined;
  const worst = (["failed", "cancelled", "incomplete"] as const).find(
    (end) => end === told || end === response["status"],
  );
  return worst ?? "completed";
}

/** Some servers send an error without a type. */
function isError(type: string, event: JsonRecord): boolean {
  return type === "error" || (event["error"] !== undefined && event["error"] !== null);
}

function toFinishReason(end: AnswerEnd, response: JsonRecord, content: AnswerContent): CallFinishReason {
  if (end === "incomplete") {
    // Whatever else breaks an answer off, it is not whole, and that is what `length` tells a client.
    return toRecord(response["incomplete_details"])["reason"] === "content_filter" ? "refusal" : "length";
  }
  if (content.calls > 0) return "tool_calls";
  return content.refused ? "refusal" : "stop";
}
