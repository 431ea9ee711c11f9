import type { ModelEvent } from "@gantry/contracts/model-call";
import { toFailure } from "@gantry/contracts/errors";
import type { ResponseAnswer, ResponseBody } from "../../../../core/ports/responses-format.ts";
import { toJsonLine } from "../../to-json-line.ts";
import type { EchoedFields } from "./echoed-fields.ts";
import { sealedThinking } from "./decode-settings.ts";
import { createOutputItems } from "./output-items.ts";
import { toResponseError } from "./response-error.ts";
import { encodeResponseUsage } from "./response-usage.ts";
import { showResponse } from "./show-response.ts";

export interface ResponseHead {
  readonly id: string;
  readonly model: string;
  /** Epoch seconds. */
  readonly createdAt: number;
  now(): number;
  readonly echoed: EchoedFields;
  readonly showsThinking: boolean;
  readonly include: readonly string[];
}

type LastEvent = Extract<ModelEvent, { readonly type: "call.finished" | "call.failed" }>;

/**
 * Creates the state machine that turns the events of one answer into the stream of a response, and into the response as a
 * whole. What both say is the same: the last event of the stream holds the whole.
 */
export function openResponse(head: ResponseHead): ResponseAnswer {
  const { id, model, createdAt, echoed, showsThinking, include } = head;
  let sequence = 0;
  const emit = (type: string, fields: object): string => {
    const line = `event: ${type}\ndata: ${toJsonLine({ type, sequence_number: sequence, ...fields })}\n\n`;
    sequence += 1;
    return line;
  };
  const items = createOutputItems({
    responseId: id,
    showsThinking,
    givesSeals: include.includes(sealedThinking),
    emit,
  });
  let isOpen = false;
  let isOver = false;
  let last: LastEvent | undefined;
  let completedAt: number | null = null;

  const body = (): ResponseBody => ({
    id,
    object: "response",
    created_at: createdAt,
    ...toOutcome(last),
    completed_at: completedAt,
    model,
    output: items.list(),
    usage: last === undefined ? null : encodeResponseUsage(last.usage),
    ...echoed,
  });
  const show = () => ({ response: showResponse(body(), include) });
  const open = (): string => {
    if (isOpen) return "";
    isOpen = true;
    return emit("response.created", show()) + emit("response.in_progress", show());
  };
  const end = (event: LastEvent): string => {
    last = event;
    if (event.type === "call.failed") return "";
    const { status } = toOutcome(event);
    if (status === "completed") completedAt = head.now();
    return items.finish(status === "completed" ? "completed" : "incomplete");
  };

  return {
    encode(event) {
      if (isOver || last !== undefined) return "";
      return open() + write(event);
    },
    finish() {
      if (isOver) return "";
      last ??= { type: "call.failed", error: toFailure("upstream_interrupted"), usage: noUsage };
      const opening = open();
      isOver = true;
      return opening + emit(`response.${toOutcome(last).status}`, show());
    },
    breakOff(failure) {
      if (isOver) return "";
      isOver = true;
      last = { type: "call.failed", error: failure, usage: last?.usage ?? noUsage };
      const { code, message, param = null } = failure;
      return emit("error", { code, message, param });
    },
    body,
  };

  function write(event: ModelEvent): string {
    switch (event.type) {
      case "call.started":
        return "";
      case "text.delta":
        return items.say(event.text);
      case "thinking.delta":
        return items.think(event.text);
      case "thinking.signed":
        return items.seal(event.signature);
      case "thinking.redacted":
        return items.redact(event.data);
      case "tool_call.started":
        return items.openCall(event.index, event.id, event.name);
      case "tool_call.delta":
        return items.growCall(event.index, event.arguments);
      case "call.finished":
      case "call.failed":
        return end(event);
    }
  }
}

const noUsage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

interface Outcome extends Pick<ResponseBody, "status"> {
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly incomplete_details: { readonly reason: "max_output_tokens" | "content_filter" } | null;
}

function toOutcome(last: LastEvent | undefined): Outcome {
  const whole = { error: null, incomplete_details: null };
  if (last === undefined) return { status: "in_progress", ...whole };
  if (last.type === "call.failed") return { ...whole, status: "failed", error: toResponseError(last.error) };
  switch (last.reason) {
    case "length":
    // A pause comes of tools at the vendor, which cannot be asked for here; what it says of the answer is that it is cut.
    case "pause":
      return { ...whole, status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
    case "refusal":
      return { ...whole, status: "incomplete", incomplete_details: { reason: "content_filter" } };
    case "stop":
    case "stop_sequence":
    case "tool_calls":
      return { ...whole, status: "completed" };
  }
}
