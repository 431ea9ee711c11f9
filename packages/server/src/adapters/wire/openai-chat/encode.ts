import type { TokenUsage } from "@gantry/contracts/completion";
import type { ToolCallBlock } from "@gantry/contracts/content";
import type { CallFinishReason } from "@gantry/contracts/model-call";
import type { ToolCallBody } from "./calls/request-body.ts";
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
  readonly calls?: readonly ToolCallBlock[];
  readonly finishReason: CallFinishReason;
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
        /** Null where the model called tools and said nothing. */
        readonly content: string | null;
        readonly refusal: null;
        readonly reasoning_content?: string;
        readonly tool_calls?: readonly ToolCallBody[];
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
 * into `reasoning_content`, which is not OpenAI's but what clients of other models have come to read. Its seal has no
 * place in the shape.
 */
export function encodeChatCompletion(answer: ChatAnswer): ChatCompletionBody {
  const calls = answer.calls ?? [];
  const message = {
    role: "assistant",
    content: answer.text === "" && calls.length > 0 ? null : answer.text,
    refusal: null,
    ...(answer.thinking !== undefined && answer.thinking !== "" && { reasoning_content: answer.thinking }),
    ...(calls.length > 0 && { tool_calls: calls.map(encodeToolCall) }),
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

/** In US dollars; null where it is not known. */
export function encodeCost(micros: number | null): number | null {
  return micros === null ? null : micros / 1_000_000;
}

/** What clients of the task service read beside the choices. */
function encodeCharge(
  content: string,
  usage: ChatUsage,
  { projectId, costMicros }: NonNullable<ChatAnswer["charged"]>,
) {
  return {
    content,
    cost: encodeCost(costMicros),
    project_id: projectId,
    usage: { ...usage, input_tokens: usage.prompt_tokens, output_tokens: usage.completion_tokens },
  };
}

function encodeToolCall({ id, name, arguments: written }: ToolCallBlock): ToolCallBody {
  return { id, type: "function", function: { name, arguments: written } };
}

/** A pause comes of tools at the vendor, which a chat cannot ask for; what it says of the answer is that it is cut. */
export function encodeFinishReason(reason: CallFinishReason): ChatFinishReason {
  switch (reason) {
    case "stop":
    case "stop_sequence":
      return "stop";
    case "length":
    case "pause":
      return "length";
    case "tool_calls":
      return "tool_calls";
    case "refusal":
      return "content_filter";
  }
}
