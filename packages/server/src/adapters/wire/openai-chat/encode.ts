import type { FinishReason, TokenUsage } from "@gantry/contracts/completion";
import { encodeUsage, type ChatUsage } from "./usage.ts";

export interface ChatAnswer {
  /** Such as `chatcmpl-…`. */
  readonly id: string;
  /** Epoch seconds. */
  readonly created: number;
  readonly model: string;
  readonly text: string;
  /** The model's thinking; empty or missing where there was none. */
  readonly thinking?: string;
  readonly finishReason: FinishReason;
  readonly usage: TokenUsage;
  readonly systemFingerprint?: string;
  readonly charged?: { readonly projectId: string; readonly costMicros: number | null };
}

export interface ChatCompletionBody {
  readonly id: string;
  readonly object: "chat.completion";
  readonly created: number;
  readonly model: string;
  readonly choices: readonly [
    {
      readonly index: 0;
      readonly message: {
        readonly role: "assistant";
        readonly content: string;
        readonly refusal: null;
        readonly reasoning_content?: string;
      };
      readonly logprobs: null;
      readonly finish_reason: ChatFinishReason;
    },
  ];
  readonly usage: ChatUsage & { readonly input_tokens?: number; readonly output_tokens?: number };
  readonly system_fingerprint?: string;
  /** The text once more, for clients that look for nothing deeper. */
  readonly content?: string;
  /** US dollars. */
  readonly cost?: number | null;
  readonly project_id?: string;
}

export type ChatFinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/**
 * Encodes a whole answer as a `chat.completion` object. Thinking is no part of `content`; where there is some it goes
 * into `reasoning_content`, which is not OpenAI's but what clients of other models have come to read.
 */
export function encodeChatCompletion(answer: ChatAnswer): ChatCompletionBody {
  const message = {
    role: "assistant",
    content: answer.text,
    refusal: null,
    ...(answer.thinking !== undefined && answer.thinking !== "" && { reasoning_content: answer.thinking }),
  } as const;
  const usage = encodeUsage(answer.usage);
  return {
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: encodeFinishReason(answer.finishReason) }],
    usage,
    ...(answer.systemFingerprint !== undefined && { system_fingerprint: answer.systemFingerprint }),
    ...(answer.charged !== undefined && encodeCharge(answer.text, usage, answer.charged)),
  };
}

/** What clients of the task service read beside the choices. */
function encodeCharge(
  content: string,
  usage: ChatUsage,
  { projectId, costMicros }: NonNullable<ChatAnswer["charged"]>,
) {
  return {
    content,
    cost: costMicros === null ? null : costMicros / 1_000_000,
    project_id: projectId,
    usage: { ...usage, input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens },
  };
}

export function encodeFinishReason(reason: FinishReason): ChatFinishReason {
  switch (reason) {
    case "stop":
    case "stop_sequence":
      return "stop";
    case "length":
    case "tool_calls":
      return reason;
    case "refusal":
      return "content_filter";
  }
}
