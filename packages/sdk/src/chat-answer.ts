import type { FinishReason } from "@gantry/contracts/completion";
import type { ChatMessage, SentToolCall } from "./chat-messages.ts";
import type { ChatTool, ChatToolCall } from "./chat-tools.ts";
import { fieldOf } from "./read-error.ts";

/** Why an answer ended; `stop` is also the end at a stop sequence. */
export type ChatFinishReason = Exclude<FinishReason, "stop_sequence">;

export interface ChatUsage {
  /** All of the input, what came out of the provider's cache included. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/** One answer of the model. */
export interface StepAnswer {
  readonly text: string;
  /** What the model thought first; empty where it told nothing. */
  readonly thinking: string;
  readonly finishReason: ChatFinishReason;
  /** Null where nothing was told of it. With tools that were run, the sum of all answers. */
  readonly usage: ChatUsage | null;
  /** US dollars; null where the price is not known. With tools that were run, the sum of all answers. */
  readonly cost: number | null;
  /** Full id of the model that answered. */
  readonly model: string;
  readonly requestId: string | undefined;
  /** Id of the usage row; with tools that were run, of the last one. */
  readonly usageId: string | undefined;
}

/** The last answer of the model, behind the tools that were run. */
export interface ChatAnswer<Tools extends readonly ChatTool[] = readonly ChatTool[]> extends StepAnswer {
  /** Calls that wait for their results: of tools without `execute`, and those that came when `maxSteps` was reached. */
  readonly toolCalls: readonly ChatToolCall<Tools>[];
  /** What came behind the request's messages: each answer with its calls, and the results. To go on, put it behind them. */
  readonly messages: readonly ChatMessage[];
}

/** An answer as it was read, with the calls that end it. */
export interface ChatStep {
  readonly answer: StepAnswer;
  readonly calls: readonly SentToolCall[];
}

/** The choice of an answer, or of a piece of one: of `n` choices there is always one. */
export function choiceOf(body: unknown): unknown {
  const choices = fieldOf(body, "choices");
  return Array.isArray(choices) ? choices[0] : undefined;
}

export function readFinishReason(choice: unknown): ChatFinishReason | undefined {
  const reason = fieldOf(choice, "finish_reason");
  if (reason === "content_filter") return "refusal";
  return reason === "stop" || reason === "length" || reason === "tool_calls" ? reason : undefined;
}

/** The calls of a message, or pieces of them: the first piece of one has its id and name, each some of its arguments. */
export function addCalls(calls: Map<unknown, SentToolCall>, message: unknown): void {
  const pieces = fieldOf(message, "tool_calls");
  if (!Array.isArray(pieces)) return;
  for (const [place, piece] of pieces.entries()) {
    const index = fieldOf(piece, "index") ?? place;
    const call = fieldOf(piece, "function");
    const before = calls.get(index) ?? { id: "", name: "", arguments: "" };
    calls.set(index, {
      id: before.id || textOf(piece, "id"),
      name: before.name || textOf(call, "name"),
      arguments: before.arguments + textOf(call, "arguments"),
    });
  }
}

export function readUsage(body: unknown): ChatUsage | null {
  const usage = fieldOf(body, "usage");
  if (typeof usage !== "object" || usage === null) return null;
  return {
    inputTokens: numberOf(usage, "prompt_tokens"),
    cachedTokens: numberOf(fieldOf(usage, "prompt_tokens_details"), "cached_tokens"),
    outputTokens: numberOf(usage, "completion_tokens"),
  };
}

/** US dollars; undefined where nothing is told of it. */
export function readCost(body: unknown): number | null | undefined {
  const cost = fieldOf(body, "cost");
  return typeof cost === "number" || cost === null ? cost : undefined;
}

export function addUsage(one: ChatUsage | null, other: ChatUsage | null): ChatUsage | null {
  if (one === null || other === null) return null;
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
    outputTokens: one.outputTokens + other.outputTokens,
  };
}

export function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name);
  return typeof text === "string" ? text : "";
}

function numberOf(value: unknown, name: string): number {
  const number = fieldOf(value, name);
  return typeof number === "number" ? number : 0;
}
