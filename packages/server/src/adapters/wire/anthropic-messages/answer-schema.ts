import { z } from "zod";

/*
 * What `encode-answer.ts` and `stream-encoder.ts` write, as schemas, for the OpenAPI document. On the direct road the vendor's own
 * answer is passed on, which has more. Real answers are held against them in the tests.
 */

const count = z.int();
export const messagesUsage = z.looseObject({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count.nullish(),
  cache_read_input_tokens: count.nullish(),
});

const text = z.object({ type: z.literal("text"), text: z.string() });
const thinking = z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() });
const redacted = z.object({ type: z.literal("redacted_thinking"), data: z.string() });
const toolUse = z.object({
  type: z.literal("tool_use"),
  id: z.string(),
  name: z.string(),
  input: z.unknown().meta({ description: "An object; what the model wrote as a string where that is no JSON object." }),
});
/** Blocks of tools that run at the vendor are not among them: a form that fits all would make the others useless. */
export const answerBlock = z.union([text, thinking, redacted, toolUse]);

const stopReason = z.enum([
  "end_turn",
  "stop_sequence",
  "max_tokens",
  "tool_use",
  "refusal",
  "pause_turn",
  "model_context_window_exceeded",
]);

export const message = z.looseObject({
  id: z.string(),
  type: z.literal("message"),
  role: z.literal("assistant"),
  model: z.string(),
  content: z.array(answerBlock),
  stop_reason: stopReason.nullable(),
  stop_sequence: z.string().nullable(),
  usage: messagesUsage,
});

const delta = z.union([
  z.object({ type: z.literal("text_delta"), text: z.string() }),
  z.object({ type: z.literal("thinking_delta"), thinking: z.string() }),
  z.object({ type: z.literal("signature_delta"), signature: z.string() }),
  z.object({ type: z.literal("input_json_delta"), partial_json: z.string() }),
]);

/** The `data` of each event of a stream, but for the one of a failure. */
export const messageStreamEvents = [
  z.object({ type: z.literal("message_start"), message }),
  z.object({ type: z.literal("content_block_start"), index: count, content_block: answerBlock }),
  z.object({ type: z.literal("content_block_delta"), index: count, delta }),
  z.object({ type: z.literal("content_block_stop"), index: count }),
  z.looseObject({
    type: z.literal("message_delta"),
    delta: z.looseObject({ stop_reason: stopReason.nullable(), stop_sequence: z.string().nullable() }),
    usage: messagesUsage.partial(),
  }),
  z.object({ type: z.literal("message_stop") }),
  z.object({ type: z.literal("ping") }),
] as const;

export const tokenCount = z.object({ input_tokens: count });
