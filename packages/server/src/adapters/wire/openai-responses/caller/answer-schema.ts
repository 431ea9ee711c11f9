import { z } from "zod";

/* What `response-encoder.ts` writes, as schemas, for the OpenAPI document. Real answers are held against them in the tests. */

const count = z.int();
const object = z.record(z.string(), z.unknown());
const status = z.enum(["in_progress", "completed", "incomplete"]);

const textPart = z.object({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.array(object),
  logprobs: z.array(object).optional(),
});
const summaryPart = z.object({ type: z.literal("summary_text"), text: z.string() });

export const outputItem = z.union([
  z.object({
    id: z.string(),
    type: z.literal("message"),
    status,
    role: z.literal("assistant"),
    content: z.array(textPart),
  }),
  z.object({
    id: z.string(),
    type: z.literal("function_call"),
    status,
    call_id: z.string(),
    name: z.string(),
    arguments: z.string().meta({ description: "JSON." }),
  }),
  z.object({
    id: z.string(),
    type: z.literal("reasoning"),
    summary: z.array(summaryPart),
    encrypted_content: z.string().optional(),
  }),
]);

export const response = z.looseObject({
  id: z.string(),
  object: z.literal("response"),
  created_at: count.meta({ description: "Epoch seconds." }),
  completed_at: count.nullish(),
  status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.enum(["max_output_tokens", "content_filter"]) }).nullable(),
  model: z.string(),
  output: z.array(outputItem),
  usage: z
    .object({
      input_tokens: count,
      input_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }),
      output_tokens: count,
      output_tokens_details: z.object({ reasoning_tokens: count }),
      total_tokens: count,
    })
    .nullable(),
  background: z.boolean(),
  instructions: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
  previous_response_id: z.string().nullable(),
  store: z.boolean(),
  tools: z.array(object),
});

export const deletedResponse = z.object({
  id: z.string(),
  object: z.literal("response"),
  deleted: z.literal(true),
});

export const responseInputItems = z.object({
  object: z.literal("list"),
  data: z.array(z.looseObject({ id: z.string(), type: z.string() })),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});

const place = { sequence_number: count };
const item = { item_id: z.string(), output_index: count };

/** The `data` of each event of a stream. */
export const responseStreamEvents = [
  z.object({
    type: z.enum([
      "response.created",
      "response.in_progress",
      "response.completed",
      "response.incomplete",
      "response.failed",
    ]),
    ...place,
    response,
  }),
  z.object({
    type: z.enum(["response.output_item.added", "response.output_item.done"]),
    ...place,
    output_index: count,
    item: outputItem,
  }),
  z.object({
    type: z.enum(["response.content_part.added", "response.content_part.done"]),
    ...place,
    ...item,
    content_index: count,
    part: textPart,
  }),
  z.object({
    type: z.enum(["response.output_text.delta", "response.output_text.done"]),
    ...place,
    ...item,
    content_index: count,
    delta: z.string().optional(),
    text: z.string().optional(),
    logprobs: z.array(object).optional(),
  }),
  z.object({
    type: z.enum(["response.function_call_arguments.delta", "response.function_call_arguments.done"]),
    ...place,
    ...item,
    delta: z.string().optional(),
    name: z.string().optional(),
    arguments: z.string().optional(),
  }),
  z.object({
    type: z.enum(["response.reasoning_summary_part.added", "response.reasoning_summary_part.done"]),
    ...place,
    ...item,
    summary_index: count,
    part: summaryPart,
  }),
  z.object({
    type: z.enum(["response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"]),
    ...place,
    ...item,
    summary_index: count,
    delta: z.string().optional(),
    text: z.string().optional(),
  }),
  z.object({
    type: z.literal("error"),
    ...place,
    code: z.string(),
    message: z.string(),
    param: z.string().nullable(),
  }),
] as const;
