import type { CallEffort, OutputFormat, ThinkingWish, ToolChoice, ToolDefinition } from "./answer-settings.ts";
import type { ContentBlock } from "./content.ts";
import type { Failure } from "./errors.ts";

/**
 * A completion: one answer of a model to one conversation, with no session kept. Tools are the client's: the answer ends
 * with their calls, and the next completion brings their results.
 * Every wire format decodes into {@link Completion} and encodes from {@link CompletionEvent}.
 */

/**
 * One turn of the conversation. `content` holds at least one block; text blocks are never empty. The calls of an
 * assistant's message have their results in the user's message that follows, each once and before anything else in it.
 */
export interface Message {
  readonly role: "user" | "assistant";
  readonly content: readonly ContentBlock[];
}

/** How the model is to answer. A missing field means the model's own default. */
export interface Sampling {
  /** Upper bound of the answer in tokens; at least 1. */
  readonly maxOutputTokens?: number;
  /** From 0 to 1. */
  readonly temperature?: number;
  /** From 0 to 1. */
  readonly topP?: number;
  /** The answer ends before any of these; none is empty. */
  readonly stopSequences?: readonly string[];
}

export interface Completion {
  /** As the client wrote it: an alias such as `sonnet` or a full id. */
  readonly model: string;
  /** The system prompt; empty where the client gave none. */
  readonly system: string;
  /** The conversation in order; the last message is the user's and asks for the answer. */
  readonly messages: readonly Message[];
  readonly sampling: Sampling;
  /** The client's tools; undefined where there are none. */
  readonly tools?: ToolOffer;
  /** The answer is JSON; it comes as text. */
  readonly outputFormat?: OutputFormat;
  readonly effort?: CallEffort;
  readonly thinking?: ThinkingWish;
}

/** Tools that the client runs. */
export interface ToolOffer {
  /** At least one; no name twice. */
  readonly definitions: readonly ToolDefinition[];
  /** Undefined for the model's own default, `auto`. */
  readonly choice?: ToolChoice;
  /** Whether the model may call several at once; undefined for its own default. */
  readonly parallel?: boolean;
}

/** Tokens as the upstream counted them. The three input figures do not overlap. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

export const noUsage: TokenUsage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

/**
 * Why the answer ended. `length` is the client's own bound, `refusal` the model's or the vendor's safeguard; after
 * `tool_calls` the model waits for results.
 */
export type FinishReason = "stop" | "stop_sequence" | "length" | "tool_calls" | "refusal";

/**
 * What comes out of a driver while it answers: one `answer.started`, deltas, then exactly one of `answer.finished` and
 * `answer.failed`. `upstream.retried` comes any number of times before the first delta; a failure may come at any point.
 * Calls of tools are told apart by `index`, which counts from 0 in the order in which they began.
 */
export type CompletionEvent =
  | {
      readonly type: "upstream.retried";
      readonly attempt: number;
      /** HTTP status of the failed try; undefined where the connection itself failed. */
      readonly status?: number;
      readonly delayMs: number;
    }
  /** `usage` is what the upstream counted of the input, where it says so at once. */
  | { readonly type: "answer.started"; readonly model: string; readonly usage?: TokenUsage }
  | { readonly type: "thinking.delta"; readonly text: string }
  /** Seals the thinking that came before, where the driver tells. */
  | { readonly type: "thinking.signed"; readonly signature: string }
  | { readonly type: "thinking.redacted"; readonly data: string }
  | { readonly type: "text.delta"; readonly text: string }
  | { readonly type: "tool_call.started"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call.delta"; readonly index: number; readonly arguments: string }
  | {
      readonly type: "answer.finished";
      readonly reason: FinishReason;
      readonly usage: TokenUsage;
      /** Cost of this answer in millionths of a US dollar, where the driver can tell. */
      readonly costMicros?: number;
    }
  | { readonly type: "answer.failed"; readonly error: Failure; readonly usage: TokenUsage };
