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

/** Both vendors' rule; OpenAI stops at 64 characters, which its own API says where it is asked. */
const toolName = { error: "a name of 1 to 128 letters, digits, _ and -" };
export const nameSchema = z.string(toolName).regex(/^[A-Za-z0-9_-]{1,128}$/, toolName);

export const messageSchema = z.object(
  {
    role: z.enum(["system", "developer", "user", "assistant", "tool", "function"], {
      error: "one of system, developer, user, assistant, tool",
    }),
    content: z.unknown().optional(),
    refusal: z.string({ error: "a string or null" }).nullish(),
    tool_calls: list("an array of tool calls").nullish(),
    tool_call_id: z.unknown().optional(),
  },
  { error: "a message object" },
);

export type ChatMessage = z.infer<typeof messageSchema>;

const callId = { error: "the id of a tool call, of 1 to 512 characters" };
const callIdSchema = z
  .string(callId)
  .min(1, callId)
  .max(512, callId)
  .refine((id) => id.isWellFormed(), callId);
const writtenArguments = { error: "a string of JSON in well-formed Unicode" };
const argumentsSchema = z.string(writtenArguments).refine((text) => text.isWellFormed(), writtenArguments);

export const toolMessageSchema = z.object({ tool_call_id: callIdSchema });

export const toolCallSchema = z.union(
  [
    z.object({
      id: callIdSchema,
      type: z.literal("function").optional(),
      function: z.object({ name: nameSchema, arguments: argumentsSchema }),
    }),
    z.object({ type: z.literal("custom") }),
  ],
  { error: "a tool call with id, type function and function" },
);

const partTypes = "a content part of type text, image_url or file";
const text = { error: "a string" };
const optionalText = z.string(text).nullish();

export const partSchema = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("text"), text: z.string(text) }),
    z.object({ type: z.literal("refusal"), refusal: z.string(text) }),
    z.object({
      type: z.literal("image_url"),
      image_url: z.looseObject({ url: z.string(text) }, { error: "an object with the field url" }),
    }),
    z.object({
      type: z.literal("file"),
      file: z.looseObject(
        { file_data: optionalText, file_id: optionalText, filename: optionalText },
        { error: "an object with the field file_data" },
      ),
    }),
    z.object({ type: z.literal("input_audio") }),
  ],
  { error: partTypes },
);

export type ContentPart = z.infer<typeof partSchema>;
