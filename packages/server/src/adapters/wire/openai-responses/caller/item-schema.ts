import { z } from "zod";
import { toolNameSchema } from "./request-schema.ts";

/* The shapes of the items of a conversation; see `request-schema.ts` for how they are written. */

const string = { error: "a string" };
const callId = { error: "the id of a tool call, of 1 to 512 characters" };
const callIdSchema = z.string(callId).min(1, callId).max(512, callId);
const content = z.custom<string | readonly unknown[]>((value) => typeof value === "string" || Array.isArray(value), {
  error: "a string or an array of content parts",
});

export const itemSchema = z.object({ type: z.string(string).nullish() }, { error: "an object" });

export const messageSchema = z.object({
  role: z.enum(["user", "assistant", "system", "developer"], {
    error: "one of user, assistant, system, developer",
  }),
  content,
});

export const functionCallSchema = z.object({
  call_id: callIdSchema,
  name: toolNameSchema,
  arguments: z.string({ error: "a string of JSON" }),
});

export const functionOutputSchema = z.object({ call_id: callIdSchema, output: content });

export const reasoningItemSchema = z.object({
  encrypted_content: z.string(string).nullish(),
});

const itemId = { error: "the id of an item, of 1 to 128 characters" };
export const referenceSchema = z.object({ id: z.string(itemId).min(1, itemId).max(128, itemId) });

export const partSchema = z.object({ type: z.string(string) }, { error: "a content part with the field type" });
export const textPartSchema = z.object({ text: z.string(string) });
export const refusalPartSchema = z.object({ refusal: z.string(string) });
export const imagePartSchema = z.object({
  image_url: z.string(string).nullish(),
  file_id: z.unknown().optional(),
  detail: z.unknown().optional(),
});
export const filePartSchema = z.object({
  file_data: z.string(string).nullish(),
  file_url: z.string(string).nullish(),
  file_id: z.unknown().optional(),
  filename: z.string(string).nullish(),
});
