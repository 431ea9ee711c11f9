import { z } from "zod";

/*
 * The shapes of a call of the Messages API. The `error` of every schema says what is expected there; `checkShape` adds
 * the field and what came. Lists are left unchecked here and walked one element at a time, up to the first failure:
 * a body of a million wrong elements must not make a million issues.
 */

const list = (error: string) => z.custom<readonly unknown[]>((value) => Array.isArray(value), { error });
const record = (error: string) =>
  z.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    { error },
  );

const modelName = { error: "a model name of 1 to 256 characters" };
const tokenBound = { error: "an integer from 1 to 1000000" };
const fraction = { error: "a number from 0 to 1" };
const topK = { error: "an integer of at least 0" };
const string = { error: "a string" };
const flag = z.boolean({ error: "true or false" }).nullish();

/** The vendor's own bound. */
export const maximumMessages = 100_000;
export const maximumStopSequences = 8192;

export const requestSchema = z.object(
  {
    model: z
      .string(modelName)
      .min(1, modelName)
      .max(256, modelName)
      .refine((name) => name.isWellFormed(), modelName),
    max_tokens: z.int(tokenBound).min(1, tokenBound).max(1_000_000, tokenBound),
    messages: list("an array of messages"),
    system: z.unknown().optional(),
    temperature: z.number(fraction).min(0, fraction).max(1, fraction).nullish(),
    top_p: z.number(fraction).min(0, fraction).max(1, fraction).nullish(),
    top_k: z.int(topK).min(0, topK).nullish(),
    stop_sequences: list("an array of strings").nullish(),
    stream: flag,
    tools: list("an array of tools").nullish(),
    tool_choice: z.unknown().optional(),
    thinking: z.unknown().optional(),
    output_config: z.unknown().optional(),
    output_format: z.unknown().optional(),
    metadata: z
      .object({ user_id: z.string(string).nullish() }, { error: 'an object such as {"user_id": "…"}' })
      .nullish(),
  },
  { error: "a JSON object" },
);

export type MessagesRequest = z.infer<typeof requestSchema>;

const stopSequence = { error: "a stop sequence of well-formed Unicode that is not all white space" };

export const stopSequenceSchema = z
  .string(stopSequence)
  .refine((text) => text.trim() !== "" && text.isWellFormed(), stopSequence);

const efforts = z.enum(["low", "medium", "high", "xhigh", "max"], { error: "one of low, medium, high, xhigh, max" });

export const outputFormatSchema = z
  .object(
    {
      type: z.literal("json_schema", { error: 'the string "json_schema"' }),
      schema: record("a JSON schema object"),
    },
    { error: "an object with type and schema" },
  )
  .nullish();

export const outputConfigSchema = z
  .object({ effort: efforts.nullish(), format: outputFormatSchema }, { error: 'an object such as {"effort": "low"}' })
  .nullish();

const thinkingTokens = { error: "an integer of at least 1024" };

export const thinkingSchema = z
  .discriminatedUnion(
    "type",
    [
      z.object({ type: z.literal("enabled"), budget_tokens: z.int(thinkingTokens).min(1024, thinkingTokens) }),
      z.object({ type: z.literal("adaptive") }),
      z.object({ type: z.literal("between_tools") }),
      z.object({ type: z.literal("disabled") }),
    ],
    { error: "an object of type enabled, adaptive, between_tools or disabled" },
  )
  .nullish();

export const messageSchema = z.object(
  {
    role: z.enum(["user", "assistant", "system"], { error: "one of user, assistant, system" }),
    content: z.unknown().optional(),
    output_config: z.unknown().optional(),
    clear_at: z.enum(["never", "next_user_message"], { error: "one of never, next_user_message" }).nullish(),
  },
  { error: "a message object" },
);

/** A block of content or a tool: what it is decides on what else it must hold. */
export const typedSchema = z.object({ type: z.string(string) }, { error: "an object with the field type" });

export const textSchema = z.object({ text: z.string(string) });

export const imageSchema = z.object({
  source: z.discriminatedUnion(
    "type",
    [
      z.object({
        type: z.literal("base64"),
        media_type: z.enum(["image/png", "image/jpeg", "image/gif", "image/webp"], {
          error: "one of image/png, image/jpeg, image/gif, image/webp",
        }),
        data: z.string(string),
      }),
      z.object({ type: z.literal("url"), url: z.string(string) }),
      z.object({ type: z.literal("file") }),
    ],
    { error: "an object of type base64 or url" },
  ),
});

export const thinkingBlockSchema = z.object({ thinking: z.string(string), signature: z.string(string).nullish() });

export const redactedThinkingSchema = z.object({ data: z.string(string) });

const identifier = { error: "a string of at least 1 character" };

export const toolUseSchema = z.object({
  id: z.string(identifier).min(1, identifier),
  name: z.string(identifier).min(1, identifier),
  /** A string where the model's arguments were no JSON object and are sent back as it wrote them. */
  input: z.union([record(""), z.string()], { error: "a JSON object" }),
});

export const toolResultSchema = z.object({
  tool_use_id: z.string(identifier).min(1, identifier),
  content: z.unknown().optional(),
  is_error: flag,
});

export const toolReferenceSchema = z.object({ tool_name: z.string(string) });

const title = z.string(string).nullish();

export const documentSchema = z.object({
  source: z.discriminatedUnion(
    "type",
    [
      z.object({ type: z.literal("text"), data: z.string(string) }),
      z.object({ type: z.literal("content"), content: z.unknown() }),
      z.object({
        type: z.literal("base64"),
        media_type: z.literal("application/pdf", { error: 'the string "application/pdf"' }),
        data: z.string(string),
      }),
      z.object({ type: z.literal("url"), url: z.string(string) }),
      z.object({ type: z.literal("file") }),
    ],
    { error: "an object of type text, content, base64, url or file" },
  ),
  title,
  context: title,
  citations: z.object({ enabled: flag }, { error: 'an object such as {"enabled": false}' }).nullish(),
});

export const searchResultSchema = z.object({
  source: z.string(string),
  title: z.string(string),
  content: list("an array of text blocks"),
});

const toolName = { error: "a name of 1 to 128 letters, digits, _ and -" };

export const anyToolSchema = z.object(
  { type: z.string(string).nullish(), name: z.string(string).nullish() },
  { error: "a tool object" },
);

export const toolSchema = z.object({
  name: z.string(toolName).regex(/^[a-zA-Z0-9_-]{1,128}$/, toolName),
  description: z.string(string).nullish(),
  strict: flag,
  input_schema: record('a JSON schema object with the type "object"'),
});

export const toolChoiceSchema = z
  .discriminatedUnion(
    "type",
    [
      z.object({ type: z.literal("auto"), disable_parallel_tool_use: flag }),
      z.object({ type: z.literal("any"), disable_parallel_tool_use: flag }),
      z.object({ type: z.literal("tool"), name: z.string(string), disable_parallel_tool_use: flag }),
      z.object({ type: z.literal("none") }),
    ],
    { error: "an object of type auto, any, tool or none" },
  )
  .nullish();

/** What a system message in mid-conversation says of the tools. */
export const toolChangeSchema = z.object({
  tool: z.discriminatedUnion(
    "type",
    [
      z.object({ type: z.literal("tool_reference"), name: z.string(string) }),
      z.object({ type: z.literal("tool_definition"), definition: z.unknown() }),
      z.object({ type: z.enum(["mcp_tool_reference", "mcp_toolset_reference"]) }),
    ],
    { error: "a reference to a tool" },
  ),
});
