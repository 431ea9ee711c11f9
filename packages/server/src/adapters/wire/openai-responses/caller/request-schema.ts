import { z } from "zod";
import { callEfforts } from "@gantry/contracts/answer-settings";

/*
 * The shapes of a request of the Responses API. The `error` of every schema says what is expected there; `checkShape` adds
 * the field and what came. Lists are left unchecked here and walked one element at a time, up to the first failure:
 * a body of a million wrong elements must not make a million issues.
 */

const list = (error: string) => z.custom<readonly unknown[]>((value) => Array.isArray(value), { error });
const record = (error: string) =>
  z.custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    { error },
  );
const flag = z.boolean({ error: "true or false" }).nullish();

const modelName = { error: "a model name of 1 to 256 characters" };
const tokenBound = { error: "an integer from 1 to 1000000" };
const temperature = { error: "a number from 0 to 2" };
const topP = { error: "a number from 0 to 1" };
const string = { error: "a string" };
const endUser = { error: "a string of at most 512 characters" };
const responseId = { error: "the id of a response, of 1 to 128 characters" };
const wellFormed = { error: "a string of well-formed Unicode" };

/** The vendor's bounds. */
const mostMetadata = 16;
const longestMetadata = { key: 64, value: 512 };
const metadata = {
  error: `an object of at most ${mostMetadata} strings of up to ${longestMetadata.value} characters under keys of up to ${longestMetadata.key}`,
};

const isMetadata = (value: unknown): value is Readonly<Record<string, string>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= mostMetadata &&
    entries.every(
      ([key, text]) =>
        key.length <= longestMetadata.key && typeof text === "string" && text.length <= longestMetadata.value,
    )
  );
};

export const requestSchema = z.object(
  {
    model: z
      .string(modelName)
      .min(1, modelName)
      .max(256, modelName)
      .refine((name) => name.isWellFormed(), modelName),
    input: z.custom<string | readonly unknown[]>((value) => typeof value === "string" || Array.isArray(value), {
      error: "a string or an array of items",
    }),
    instructions: z
      .string(string)
      .refine((text) => text.isWellFormed(), wellFormed)
      .nullish(),
    previous_response_id: z.string(responseId).min(1, responseId).max(128, responseId).nullish(),
    store: flag,
    background: flag,
    stream: flag,
    stream_options: z.unknown().optional(),
    include: list("an array of strings").nullish(),
    metadata: z.custom<Readonly<Record<string, string>>>(isMetadata, metadata).nullish(),
    max_output_tokens: z.int(tokenBound).min(1, tokenBound).max(1_000_000, tokenBound).nullish(),
    temperature: z.number(temperature).min(0, temperature).max(2, temperature).nullish(),
    top_p: z.number(topP).min(0, topP).max(1, topP).nullish(),
    tools: list("an array of tools").nullish(),
    tool_choice: z.unknown().optional(),
    parallel_tool_calls: flag,
    reasoning: z.unknown().optional(),
    text: z.unknown().optional(),
    truncation: z.enum(["auto", "disabled"], { error: "one of auto, disabled" }).nullish(),
    user: z.string(endUser).max(512, endUser).nullish(),
    safety_identifier: z.string(endUser).max(512, endUser).nullish(),
  },
  { error: "a JSON object" },
);

export type ResponsesRequestInput = z.infer<typeof requestSchema>;

export const reasoningSchema = z
  .object(
    {
      effort: z.enum(callEfforts, { error: `one of ${callEfforts.join(", ")}` }).nullish(),
      summary: z.enum(["auto", "concise", "detailed"], { error: "one of auto, concise, detailed" }).nullish(),
      /** The older name of `summary`. */
      generate_summary: z.enum(["auto", "concise", "detailed"], { error: "one of auto, concise, detailed" }).nullish(),
    },
    { error: 'an object such as {"effort": "low"}' },
  )
  .nullish();

export const textSchema = z
  .object(
    {
      format: z.unknown().optional(),
      verbosity: z.enum(["low", "medium", "high"], { error: "one of low, medium, high" }).nullish(),
    },
    { error: 'an object such as {"format": {"type": "text"}}' },
  )
  .nullish();

/** The vendor's rule for the name of a schema. */
const schemaName = { error: "a name of 1 to 64 letters, digits, _ and -" };

export const textFormatSchema = z
  .discriminatedUnion(
    "type",
    [
      z.object({ type: z.literal("text") }),
      z.object({ type: z.literal("json_object") }),
      z.object({
        type: z.literal("json_schema"),
        name: z.string(schemaName).regex(/^[A-Za-z0-9_-]{1,64}$/, schemaName),
        description: z.unknown().optional(),
        schema: record("a JSON schema object"),
        strict: flag,
      }),
    ],
    { error: "an object whose type is text, json_object or json_schema" },
  )
  .nullish();

/** Both vendors' rule. */
const toolName = { error: "a name of 1 to 128 letters, digits, _ and -" };
export const toolNameSchema = z.string(toolName).regex(/^[A-Za-z0-9_-]{1,128}$/, toolName);

/** What is no function is told apart by its type. */
export const typedSchema = z.object({ type: z.string(string) }, { error: "an object with the field type" });

export const functionToolSchema = z.object({
  name: toolNameSchema,
  description: z.string(string).nullish(),
  parameters: record("a JSON schema object").nullish(),
  strict: flag,
});

export const toolChoiceSchema = z.union(
  [
    z.enum(["none", "auto", "required"]),
    z.object({ type: z.literal("function"), name: toolNameSchema }),
    z.object({
      type: z.literal("allowed_tools"),
      mode: z.enum(["auto", "required"]),
      tools: list("an array of tools"),
    }),
    z.object({ type: z.string() }),
  ],
  { error: 'one of "none", "auto", "required", or {"type": "function", "name": …}' },
);
