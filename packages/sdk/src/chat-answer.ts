import type { FinishReason } from "@gantry/contracts/completion";
import { fieldOf } from "./read-error.ts";

/** Why an answer ended; `stop` is also the end at a stop sequence. */
export type ChatFinishReason = Exclude<FinishReason, "stop_sequence">;

export interface ChatUsage {
  /** All of the input, what came out of the provider's cache included. */
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

export interface ChatAnswer {
  readonly text: string;
  /** What the model thought first; empty where it told nothing. */
  readonly thinking: string;
  readonly finishReason: ChatFinishReason;
  /** Null where nothing was told of it. */
  readonly usage: ChatUsage | null;
  /** US dollars; null where the price is not known, and in a streamed answer. */
  readonly cost: number | null;
  /** Full id of the model that answered. */
  readonly model: string;
  readonly requestId: string | undefined;
  /** Id of the usage row. */
  readonly usageId: string | undefined;
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

export function readUsage(body: unknown): ChatUsage | null {
  const usage = fieldOf(body, "usage");
  if (typeof usage !== "object" || usage === null) return null;
  return {
    inputTokens: numberOf(usage, "prompt_tokens"),
    cachedTokens: numberOf(fieldOf(usage, "prompt_tokens_details"), "cached_tokens"),
    outputTokens: numberOf(usage, "completion_tokens"),
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
