import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { CallFinishReason, ModelEvent } from "@gantry/contracts/model-call";
import { toFailure, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import { isRecord } from "../../check-shape.ts";
import { decodeStreamedError } from "../../read-provider-error.ts";
import { decodeUsage } from "./decode-usage.ts";
import { readContent } from "./read-content.ts";
import { createToolCallReader } from "./tool-call-reader.ts";

/** A state machine over the JSON objects of one answer. Behind the last word it reads nothing more. Never throws. */
export interface AnswerReader {
  /** Reads a chunk of a stream, or a whole answer: a message has the shape of a delta that says everything. */
  read(chunk: unknown): readonly ModelEvent[];
  /** The server has said that it is done. An answer that says nothing of its end has one all the same. */
  close(): readonly ModelEvent[];
  /** Nothing more comes: the answer's end where it had come to one, else `failure`. */
  end(failure: Failure): readonly ModelEvent[];
  readonly over: boolean;
}

export const unreadableAnswer = toFailure(
  "upstream_failed",
  "The model's provider sent an answer that cannot be read.",
);

type JsonRecord = Readonly<Record<string, unknown>>;

export function createAnswerReader(createCallId: () => string): AnswerReader {
  const calls = createToolCallReader(createCallId);
  let state: "waiting" | "answering" | "over" = "waiting";
  let usage: TokenUsage = noUsage;
  let refused = false;
  let reason: string | undefined;
  let stopSequence: string | undefined;

  function start(chunk: JsonRecord): readonly ModelEvent[] {
    if (state !== "waiting") return [];
    state = "answering";
    return [{ type: "call.started", id: toText(chunk["id"]), model: toText(chunk["model"]) }];
  }
  function fail(error: Failure): readonly ModelEvent[] {
    state = "over";
    return [{ type: "call.failed", error, usage }];
  }
  function finish(): readonly ModelEvent[] {
    if (calls.broken) return fail(unreadableAnswer);
    const broken = brokenEnds.get(reason ?? "");
    if (broken !== undefined) return fail(toFailure(broken));
    state = "over";
    const finishReason = toFinishReason(reason, { calls: calls.count, refused, stopSequence });
    const met = finishReason === "stop_sequence" && stopSequence !== undefined ? { stopSequence } : {};
    return [{ type: "call.finished", reason: finishReason, ...met, usage }];
  }
  function readChoice(choice: JsonRecord): readonly ModelEvent[] {
    const said = isRecord(choice["delta"]) ? choice["delta"] : isRecord(choice["message"]) ? choice["message"] : {};
    const { events, isRefusal } = readContent(said);
    refused ||= isRefusal;
    if (typeof choice["finish_reason"] === "string") reason = choice["finish_reason"];
    // vLLM tells here which of the stop sequences was met; for its own tokens it gives a number.
    if (typeof choice["stop_reason"] === "string") stopSequence = choice["stop_reason"];
    const older = said["function_call"];
    return [...events, ...calls.read(isRecord(older) ? [{ index: 0, function: older }] : said["tool_calls"])];
  }

  return {
    get over() {
      return state === "over";
    },
    read(chunk) {
      if (state === "over") return [];
      if (!isRecord(chunk)) return fail(unreadableAnswer);
      const choice = findChoice(chunk["choices"]);
      // Moonshot puts the figures into the choice.
      usage = decodeUsage(chunk["usage"]) ?? decodeUsage(choice?.["usage"]) ?? usage;
      if (isErrorChunk(chunk)) return fail(decodeStreamedError(chunk));
      return choice === undefined ? [] : [...start(chunk), ...readChoice(choice)];
    },
    close() {
      if (state === "over") return [];
      return state === "answering" ? finish() : fail(unreadableAnswer);
    },
    end(failure) {
      if (state === "over") return [];
      return reason === undefined ? fail(failure) : finish();
    },
  };
}

/** Other answers than the first were not asked for. */
export function findChoice(choices: unknown): JsonRecord | undefined {
  if (!Array.isArray(choices)) return undefined;
  return choices.find((choice) => isRecord(choice) && (choice["index"] ?? 0) === 0);
}

export function isErrorChunk(chunk: JsonRecord): boolean {
  return (chunk["error"] !== undefined && chunk["error"] !== null) || chunk["object"] === "error";
}

/** Words of servers for an answer that they broke off: OpenRouter, vLLM, DeepSeek. */
const brokenEnds: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["error", "upstream_failed"],
  ["abort", "upstream_interrupted"],
  ["insufficient_system_resource", "upstream_overloaded"],
]);

interface Answered {
  readonly calls: number;
  readonly refused: boolean;
  readonly stopSequence: string | undefined;
}

/** What is there counts for more than the word: some servers end an answer with tool calls by `stop`, or the other way. */
function toFinishReason(reason: string | undefined, { calls, refused, stopSequence }: Answered): CallFinishReason {
  switch (reason) {
    case "length":
    case "model_length": // Mistral, where the bound is the model's own.
      return "length";
    case "content_filter":
      return "refusal";
  }
  if (calls > 0) return "tool_calls";
  if (refused) return "refusal";
  return stopSequence === undefined ? "stop" : "stop_sequence";
}

/** Empty where there is none. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
