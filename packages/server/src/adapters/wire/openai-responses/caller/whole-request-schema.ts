import { z } from "zod";
import {
  filePartSchema,
  functionCallSchema,
  functionOutputSchema,
  imagePartSchema,
  messageSchema,
  reasoningItemSchema,
  referenceSchema,
  refusalPartSchema,
  textPartSchema,
} from "./item-schema.ts";
import {
  functionToolSchema,
  reasoningSchema,
  requestSchema,
  textFormatSchema,
  textSchema,
  toolNameSchema,
} from "./request-schema.ts";

/*
 * A body as a whole, put together from the shapes that check its parts one by one, for the OpenAPI document: what
 * is decoded piece by piece has no schema of its own elsewhere.
 */

const object = z.record(z.string(), z.unknown());

export const inputPart = z.union([
  textPartSchema.extend({ type: z.enum(["input_text", "output_text"]) }),
  refusalPartSchema.extend({ type: z.literal("refusal") }),
  imagePartSchema.extend({ type: z.literal("input_image") }),
  filePartSchema.extend({ type: z.literal("input_file") }),
]);
const content = z.union([z.string(), z.array(inputPart)]);

export const inputItem = z.union([
  messageSchema.extend({ type: z.literal("message").nullish(), content }),
  functionCallSchema.extend({ type: z.literal("function_call") }),
  functionOutputSchema.extend({ type: z.literal("function_call_output"), output: content }),
  reasoningItemSchema.extend({ type: z.literal("reasoning") }),
  referenceSchema.extend({ type: z.literal("item_reference").nullish() }),
]);

const namedTool = z.object({ type: z.literal("function"), name: toolNameSchema });
const [plainText, jsonObject, jsonSchema] = textFormatSchema.unwrap().unwrap().options;

export const responseRequest = requestSchema.extend({
  input: z.union([z.string(), z.array(inputItem).max(10_000)]),
  stream_options: object.nullish(),
  include: z.array(z.string()).nullish(),
  metadata: z
    .record(z.string(), z.string().max(512))
    .nullish()
    .meta({ description: "At most 16 pairs, keys of up to 64 characters." }),
  tools: z.array(functionToolSchema.extend({ type: z.literal("function"), parameters: object.nullish() })).nullish(),
  tool_choice: z
    .union([
      z.enum(["none", "auto", "required"]),
      namedTool,
      z.object({ type: z.literal("allowed_tools"), mode: z.enum(["auto", "required"]), tools: z.array(namedTool) }),
    ])
    .nullish(),
  reasoning: reasoningSchema,
  text: textSchema
    .unwrap()
    .unwrap()
    .extend({ format: z.union([plainText, jsonObject, jsonSchema.extend({ schema: object })]).nullish() })
    .nullish(),
});
