import { z } from "zod";
import {
  maximumMessages,
  maximumStopSequences,
  messageSchema,
  partSchema,
  requestSchema,
  stopSequenceSchema,
  streamOptionsSchema,
  toolCallSchema,
  toolMessageSchema,
} from "./schema.ts";
import {
  allowedToolSchema,
  allowedToolsSchema,
  responseFormatSchema,
  toolChoiceSchema,
  toolFieldsSchema,
  toolSchema,
} from "./tool-schema.ts";

/*
 * A body as a whole, put together from the shapes that check its parts one by one, for the OpenAPI document: what
 * is decoded piece by piece has no schema of its own elsewhere.
 */

export const chatMessage = messageSchema.extend({
  content: z.union([z.string(), z.array(partSchema)]).nullish(),
  tool_calls: z.array(toolCallSchema).nullish(),
  tool_call_id: toolMessageSchema.shape.tool_call_id.optional(),
});

export const chatTool = toolSchema;

const allowedTools = allowedToolsSchema.extend({ tools: z.array(allowedToolSchema) });
const [mode, named, , custom] = toolChoiceSchema.options;

export const chatRequest = requestSchema.extend({
  ...toolFieldsSchema.omit({ functions: true, function_call: true }).shape,
  messages: z.array(chatMessage).min(1).max(maximumMessages),
  stop: z.union([stopSequenceSchema, z.array(stopSequenceSchema).max(maximumStopSequences)]).nullish(),
  stream_options: streamOptionsSchema,
  tools: z.array(chatTool).nullish(),
  tool_choice: z
    .union([mode, named, z.object({ type: z.literal("allowed_tools"), allowed_tools: allowedTools }), custom])
    .nullish(),
  response_format: responseFormatSchema.nullish(),
});
