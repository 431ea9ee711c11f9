import { z } from "zod";
import {
  documentSchema,
  imageSchema,
  maximumMessages,
  messageSchema,
  outputConfigSchema,
  redactedThinkingSchema,
  requestSchema,
  searchResultSchema,
  stopSequenceSchema,
  textSchema,
  thinkingBlockSchema,
  thinkingSchema,
  toolChoiceSchema,
  toolReferenceSchema,
  toolResultSchema,
  toolSchema,
  toolUseSchema,
} from "./schema.ts";

/*
 * A body as a whole, put together from the shapes that check its parts one by one, for the OpenAPI document. Blocks
 * and tools that the vendor alone knows pass on the direct road: a last form of each list stands for them.
 */

const object = z.record(z.string(), z.unknown());
const cache = { cache_control: object.nullish() };
const flag = z.boolean().nullish();

const text = textSchema.extend({ type: z.literal("text"), ...cache });
const image = imageSchema.extend({ type: z.literal("image"), ...cache });
const searchResult = searchResultSchema.extend({ type: z.literal("search_result"), content: z.array(text), ...cache });
const document = documentSchema.extend({ type: z.literal("document"), ...cache });
const reference = toolReferenceSchema.extend({ type: z.literal("tool_reference") });
const toolResult = toolResultSchema.extend({
  type: z.literal("tool_result"),
  content: z.union([z.string(), z.array(z.union([text, image, searchResult, document, reference]))]).nullish(),
  ...cache,
});
const other = z.looseObject({ type: z.string() });

export const messagesBlock = z.union([
  text,
  image,
  document,
  searchResult,
  toolUseSchema.extend({ type: z.literal("tool_use"), input: z.union([object, z.string()]), ...cache }),
  toolResult,
  thinkingBlockSchema.extend({ type: z.literal("thinking") }),
  redactedThinkingSchema.extend({ type: z.literal("redacted_thinking") }),
  other,
]);

const content = z.union([z.string(), z.array(messagesBlock)]);
export const messagesMessage = messageSchema.extend({ content, output_config: object.nullish() });
export const messagesTool = z.union([
  toolSchema.extend({ type: z.literal("custom").nullish(), input_schema: object, ...cache }),
  other,
]);

const format = z.object({ type: z.literal("json_schema"), schema: object }).nullish();

export const messagesRequest = requestSchema.extend({
  messages: z.array(messagesMessage).max(maximumMessages),
  system: z.union([z.string(), z.array(text)]).nullish(),
  stop_sequences: z.array(stopSequenceSchema).nullish(),
  tools: z.array(messagesTool).nullish(),
  tool_choice: toolChoiceSchema,
  thinking: thinkingSchema,
  output_config: outputConfigSchema.unwrap().unwrap().extend({ format }).nullish(),
  output_format: format,
  stream: flag,
});

export const countTokensRequest = messagesRequest.omit({ max_tokens: true, stream: true });
