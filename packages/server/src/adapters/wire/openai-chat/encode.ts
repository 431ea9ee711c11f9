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
  readonly usage: ChatUsage;
  readonly system_fingerprint?: string;
}

export type ChatFinishReason = "stop" | "length" | "content_filter";

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
  return {
    id: answer.id,
    object: "chat.completion",
    created: answer.created,
    model: answer.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: encodeFinishReason(answer.finishReason) }],
    usage: encodeUsage(answer.usage),
    ...(answer.systemFingerprint !== undefined && { system_fingerprint: answer.systemFingerprint }),
  };
}

export function encodeFinishReason(reason: FinishReason): ChatFinishReason {
  switch (reason) {
    case "stop":
    case "stop_sequence":
      return "stop";
    case "length":
      return "length";
    case "refusal":
      return "content_filter";
  }
}
