import type { CallEffort, OutputFormat, ThinkingWish, ToolChoice, ToolDefinition } from "./answer-settings.ts";
import type { TokenUsage } from "./completion.ts";
import type { ContentBlock, TextBlock } from "./content.ts";
import type { Failure } from "./errors.ts";

/**
 * One call of a model's API, with tools: what the dialects of models have in common. A call that goes on in the dialect in
 * which it came is passed on as bytes and never takes this shape; it is for the way from one dialect to another.
 */
export interface ModelCall {
  /** As the client wrote it. */
  readonly model: string;
  /** The system prompt, in its blocks. */
  readonly system: readonly TextBlock[];
  readonly messages: readonly CallMessage[];
  readonly tools: readonly ToolDefinition[];
  /** Undefined where the client said nothing: the model's own default. */
  readonly toolChoice: ToolChoice | undefined;
  /** Whether the model may call several tools at once; undefined for its own default. */
  readonly parallelToolCalls?: boolean;
  readonly sampling: CallSampling;
  readonly thinking?: ThinkingWish;
  readonly effort?: CallEffort;
  readonly outputFormat?: OutputFormat;
  readonly stream: boolean;
  /** The client's name for its own user, passed on for the vendor's abuse checks. */
  readonly endUser?: string;
}

export interface CallSampling {
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly stopSequences?: readonly string[];
}

/** `system` stands in mid-conversation, where the newest clients put reminders. */
export interface CallMessage {
  readonly role: "user" | "assistant" | "system";
  readonly content: readonly ContentBlock[];
}

/** Why the model stopped. `pause`: the vendor broke a long turn off, to be continued with the same messages. */
export type CallFinishReason = "stop" | "stop_sequence" | "length" | "tool_calls" | "refusal" | "pause";

/**
 * An answer as it comes: one `call.started`, content in the order in which it is to be shown, then exactly one of
 * `call.finished` and `call.failed`. Tool calls that are written at the same time are told apart by `index`, which counts
 * from 0 in the order in which they began.
 */
export type ModelEvent =
  /** `usage` is what the upstream counted of the input, where it says so at once. */
  | { readonly type: "call.started"; readonly id: string; readonly model: string; readonly usage?: TokenUsage }
  | { readonly type: "text.delta"; readonly text: string }
  | { readonly type: "thinking.delta"; readonly text: string }
  /** Seals the thinking that came before. */
  | { readonly type: "thinking.signed"; readonly signature: string }
  | { readonly type: "thinking.redacted"; readonly data: string }
  | { readonly type: "tool_call.started"; readonly index: number; readonly id: string; readonly name: string }
  | { readonly type: "tool_call.delta"; readonly index: number; readonly arguments: string }
  | {
      readonly type: "call.finished";
      readonly reason: CallFinishReason;
      /** The sequence that was met, where the reason is `stop_sequence` and the upstream tells. */
      readonly stopSequence?: string;
      readonly usage: TokenUsage;
    }
  | { readonly type: "call.failed"; readonly error: Failure; readonly usage: TokenUsage };
