import type { Failure } from "./errors.ts";

/**
 * A completion: one answer of a model to one conversation, with no tools and no session kept.
 * Every wire format decodes into {@link Completion} and encodes from {@link CompletionEvent}.
 */

/** Plain text. It reaches the model byte for byte. */
export interface TextBlock {
  readonly type: "text";
  readonly text: string;
}

/** An image, either inline (`data` is base64 without a prefix) or by an https address that the upstream fetches. */
export interface ImageBlock {
  readonly type: "image";
  readonly source:
    | { readonly type: "base64"; readonly mediaType: ImageMediaType; readonly data: string }
    | { readonly type: "url"; readonly url: string };
}

export type ImageMediaType = "image/png" | "image/jpeg" | "image/gif" | "image/webp";

export type ContentBlock = TextBlock | ImageBlock;

/** One turn of the conversation. `content` holds at least one block; text blocks are never empty. */
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
}

/** Tokens as the upstream counted them. The three input figures do not overlap. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
}

export const noUsage: TokenUsage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };

/** Why the answer ended. `length` is the client's own bound, `refusal` the model's or the vendor's safeguard. */
export type FinishReason = "stop" | "stop_sequence" | "length" | "refusal";

/**
 * What comes out of a driver while it answers: one `answer.started`, deltas, then exactly one of `answer.finished` and
 * `answer.failed`. `upstream.retried` comes any number of times before the first delta; a failure may come at any point.
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
  | { readonly type: "text.delta"; readonly text: string }
  | {
      readonly type: "answer.finished";
      readonly reason: FinishReason;
      readonly usage: TokenUsage;
      /** Cost of this answer in millionths of a US dollar, where the driver can tell. */
      readonly costMicros?: number;
    }
  | { readonly type: "answer.failed"; readonly error: Failure; readonly usage: TokenUsage };
