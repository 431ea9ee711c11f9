import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { isRecord } from "../check-shape.ts";
import { decodeStreamedError } from "../read-provider-error.ts";
import { isDeep } from "../is-deep.ts";
import { decodeStopReason } from "./stop-reason.ts";
import { createUsageReader } from "./usage.ts";

/** The events of a whole message. Never throws: what cannot be read ends in `call.failed`. */
export function decodeAnswer(body: unknown): readonly ModelEvent[] {
  if (!isRecord(body)) return [toFailed(unreadableAnswer)];
  if (body["type"] === "error") return [toFailed(decodeStreamedError(body))];
  const content: unknown = body["content"];
  if (!Array.isArray(content)) return [toFailed(unreadableAnswer)];
  const reader = createUsageReader();
  reader.read(body["usage"]);
  const { usage } = reader;
  const events = decodeContent(content);
  const started = toStarted(body, usage);
  if (events === undefined) return [started, toFailed(unreadableAnswer, usage)];
  return [started, ...events, toFinished(body, usage)];
}

/** From a message, whole or as it starts. */
export function toStarted(message: Readonly<Record<string, unknown>>, usage: TokenUsage): ModelEvent {
  return { type: "call.started", id: toText(message["id"]), model: toText(message["model"]), usage };
}

/** From a message or the `delta` of its end. */
export function toFinished(message: Readonly<Record<string, unknown>>, usage: TokenUsage): ModelEvent {
  const stopSequence = message["stop_sequence"];
  return {
    type: "call.finished",
    reason: decodeStopReason(message["stop_reason"]),
    ...(typeof stopSequence === "string" && { stopSequence }),
    usage,
  };
}

export const unreadableAnswer: Failure = toFailure(
  "upstream_failed",
  "The model's provider sent an answer that cannot be read.",
);

function toFailed(error: Failure, usage: TokenUsage = noUsage): ModelEvent {
  return { type: "call.failed", error, usage };
}

/** Undefined where a tool's input is nested too deeply to be passed on. */
function decodeContent(content: readonly unknown[]): readonly ModelEvent[] | undefined {
  const events: ModelEvent[] = [];
  let calls = 0;
  for (const block of content) {
    if (!isRecord(block)) continue;
    if (block["type"] !== "tool_use") {
      events.push(...decodeBlock(block));
      continue;
    }
    const input = block["input"] ?? {};
    if (isDeep(input)) return undefined;
    events.push(
      { type: "tool_call.started", index: calls, id: toText(block["id"]), name: toText(block["name"]) },
      { type: "tool_call.delta", index: calls, arguments: JSON.stringify(input) },
    );
    calls += 1;
  }
  return events;
}

/** Blocks that other dialects have no word for, such as those of the vendor's own tools, are left out. */
export function decodeBlock(block: Readonly<Record<string, unknown>>): readonly ModelEvent[] {
  switch (block["type"]) {
    case "text":
      return toDelta("text.delta", block["text"]);
    case "thinking":
      return [...toDelta("thinking.delta", block["thinking"]), ...toSigned(block["signature"])];
    case "redacted_thinking":
      return [{ type: "thinking.redacted", data: toText(block["data"]) }];
    default:
      return [];
  }
}

export function toDelta(type: "text.delta" | "thinking.delta", text: unknown): readonly ModelEvent[] {
  return typeof text === "string" && text !== "" ? [{ type, text }] : [];
}

export function toSigned(signature: unknown): readonly ModelEvent[] {
  return typeof signature === "string" && signature !== "" ? [{ type: "thinking.signed", signature }] : [];
}

export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
