import { z } from "zod";

/*
 * The shapes of a chat completion request. The `error` of every schema says what is expected there; `checkShape` adds
 * the field and what came. Lists are left unchecked here and walked one element at a time, up to the first failure:
 * a body of a million wrong elements must not make a million issues.
 */

export const list = (error: string) => z.custom<readonly unknown[]>((value) => Array.isArray(value), { error });

const modelName = { error: "a model name of 1 to 256 characters" };
const tokenBound = { error: "an integer from 1 to 1000000" };
const temperature = { error: "a number from 0 to 2" };
const topP = { error: "a number from 0 to 1" };
export const flag = z.boolean({ error: "true or false" }).nullish();

export const maximumMessages = 10_000;
export const maximumStopSequences = 4;

const stopSequence = {
  error: "a stop sequence of 1 to 1000 characters of well-formed Unicode that are not all white space",
};

export const stopSequenceSchema = z
  .string(stopSequence)
  .max(1000, stopSequence)
  .refine((text) => text.trim() !== "" && text.isWellFormed(), stopSequence);

export const requestSchema = z.object(
  {
    model: z
      .string(modelName)
      .min(1, modelName)
      .max(256, modelName)
      .refine((name) => name.isWellFormed(), modelName),
    messages: list("an array of messages"),
    max_tokens: z.int(tokenBound).min(1, tokenBound).max(1_000_000, tokenBound).nullish(),
    max_completion_tokens: z.int(tokenBound).min(1, tokenBound).max(1_000_000, tokenBound).nullish(),
    temperature: z.number(temperature).min(0, temperature).max(2, temperature).nullish(),
    top_p: z.number(topP).min(0, topP).max(1, topP).nullish(),
    stop: z
      .custom<string | readonly unknown[]>((value) => typeof value === "string" || Array.isArray(value), {
        error: "a string or an array of strings",
      })
      .nullish(),
    stream: flag,
    stream_options: z.unknown().optional(),
  },
  { error: "a JSON object" },
);

export const streamOptionsSchema = z
  .object({ include_usage: flag }, { error: 'an object such as {"include_usage": true}' })
  .nullish();

export type ChatCompletionRequest = z.infer<typeof requestSchema>;

export const messageSchema = z.object(
  {
    role: z.enum(["system", "developer", "user", "assistant", "tool", "function"], {
      error: "one of system, developer, user, assistant",
    }),
    content: z.unknown().optional(),
    refusal: z.string({ error: "a string or null" }).nullish(),
  },
  { error: "a message object" },
);

export type ChatMessage = z.infer<typeof messageSchema>;

const partTypes = "a content part of type text or image_url";
const text = { error: "a string" };

export const partSchema = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("text"), text: z.string(text) }),
    z.object({ type: z.literal("refusal"), refusal: z.string(text) }),
    z.object({
      type: z.literal("image_url"),
      image_url: z.looseObject({ url: z.string(text) }, { error: "an object with the field url" }),
    }),
    z.object({ type: z.enum(["input_audio", "file"]) }),
  ],
  { error: partTypes },
);

export type ContentPart = z.infer<typeof partSchema>;
