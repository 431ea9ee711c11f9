import { z } from "zod";

/* What `encode.ts` and `stream.ts` write, as schemas, for the OpenAPI document. Real answers are held against them in the tests. */

const count = z.int();
const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count.optional() }).nullish(),
  input_tokens: count.optional(),
  output_tokens: count.optional(),
});
export const chatUsage = usage;

const finishReason = z.enum(["stop", "length", "tool_calls", "content_filter"]);
export const chatToolCall = z.object({
  id: z.string(),
  type: z.literal("function"),
  function: z.object({ name: z.string(), arguments: z.string().meta({ description: "JSON." }) }),
});
const head = { id: z.string(), created: count.meta({ description: "Epoch seconds." }), model: z.string() };
const fingerprint = z.string().optional();

const cost = z.number().nullish().meta({ description: "US dollars; null where the price is not known." });

export const chatCompletion = z.object({
  ...head,
  object: z.literal("chat.completion"),
  choices: z.array(
    z.object({
      index: count,
      message: z.object({
        role: z.literal("assistant"),
        content: z.string().nullable().meta({ description: "Null where the model called tools and said nothing." }),
        refusal: z.string().nullish(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(chatToolCall).optional(),
      }),
      logprobs: z.null().optional(),
      finish_reason: finishReason,
    }),
  ),
  usage,
  system_fingerprint: fingerprint,
  content: z.string().optional().meta({ description: "The text once more, for clients that look for nothing deeper." }),
  cost,
  project_id: z.string().optional(),
});

const callDelta = z.object({
  index: count,
  id: z.string().optional(),
  type: z.literal("function").optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string().optional() }),
});

export const chatChunk = z.object({
  ...head,
  object: z.literal("chat.completion.chunk"),
  choices: z.array(
    z.object({
      index: count,
      delta: z.object({
        role: z.literal("assistant").optional(),
        content: z.string().nullish(),
        refusal: z.string().nullish(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(callDelta).optional(),
      }),
      logprobs: z.null().optional(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: usage.nullish(),
  cost,
  system_fingerprint: fingerprint,
});

export const embeddingsRequest = z.looseObject({
  model: z.string().min(1).max(256),
  input: z.union([z.string(), z.array(z.union([z.string(), count, z.array(count)]))]),
  encoding_format: z.enum(["float", "base64"]).optional(),
  dimensions: count.optional(),
  user: z.string().optional(),
});

export const embeddings = z.object({
  object: z.literal("list"),
  model: z.string(),
  data: z.array(
    z.object({
      object: z.literal("embedding"),
      index: count,
      embedding: z.union([z.array(z.number()), z.string()]).meta({ description: "Base64 where that was asked for." }),
    }),
  ),
  usage: z.object({ prompt_tokens: count, total_tokens: count }).optional(),
});
