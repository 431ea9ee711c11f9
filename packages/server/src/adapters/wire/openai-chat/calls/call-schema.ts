import { z } from "zod";
import { callEfforts } from "@gantry/contracts/answer-settings";
import { flag, list, messageSchema } from "../schema.ts";

/* What a chat completion request with tools has beyond one without; see `../schema.ts` for how the shapes are written. */

const record = (error: string) => z.record(z.string(), z.unknown(), { error });
const longestEndUser = 512;
const endUser = z
  .string({ error: "a string" })
  .max(longestEndUser, { error: `at most ${longestEndUser} characters` })
  .nullish();

/** The fields that only this road of a chat decodes. */
export const callFieldsSchema = z.object({
  tools: list("an array of tools").nullish(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: flag,
  response_format: z.unknown().optional(),
  reasoning_effort: z.enum(callEfforts, { error: `one of ${callEfforts.join(", ")}` }).nullish(),
  user: endUser,
  safety_identifier: endUser,
  functions: z.unknown().optional(),
  function_call: z.unknown().optional(),
});

export type CallFields = z.infer<typeof callFieldsSchema>;

/** Both vendors' rule; OpenAI stops at 64 characters, which its own API says where it is asked. */
const toolName = { error: "a name of 1 to 128 letters, digits, _ and -" };
const nameSchema = z.string(toolName).regex(/^[A-Za-z0-9_-]{1,128}$/, toolName);

export const toolSchema = z.discriminatedUnion(
  "type",
  [
    z.object({
      type: z.literal("function"),
      function: z.object(
        {
          name: nameSchema,
          description: z.string({ error: "a string" }).nullish(),
          parameters: record("a JSON schema object").nullish(),
          strict: flag,
        },
        { error: "an object with the field name" },
      ),
    }),
    z.object({ type: z.literal("custom") }),
  ],
  { error: "a tool of type function" },
);

export const toolChoiceSchema = z.union(
  [
    z.enum(["none", "auto", "required"]),
    z.object({ type: z.literal("function"), function: z.object({ name: nameSchema }) }),
    z.object({ type: z.enum(["allowed_tools", "custom"]) }),
  ],
  { error: 'one of "none", "auto", "required", or {"type": "function", "function": {"name": …}}' },
);

export const responseFormatSchema = z.discriminatedUnion(
  "type",
  [
    z.object({ type: z.literal("text") }),
    z.object({ type: z.literal("json_object") }),
    z.object({
      type: z.literal("json_schema"),
      json_schema: z.object(
        {
          name: z.string({ error: "a string" }),
          description: z.unknown().optional(),
          schema: record("a JSON schema object"),
          strict: flag,
        },
        { error: "an object with the fields name and schema" },
      ),
    }),
  ],
  { error: "an object whose type is text, json_object or json_schema" },
);

const callId = { error: "the id of a tool call, of 1 to 512 characters" };
const callIdSchema = z.string(callId).min(1, callId).max(512, callId);

export const callMessageSchema = messageSchema.extend({
  tool_calls: list("an array of tool calls").nullish(),
  tool_call_id: z.unknown().optional(),
});

export type CallMessageInput = z.infer<typeof callMessageSchema>;

export const toolMessageSchema = z.object({ tool_call_id: callIdSchema });

export const toolCallSchema = z.union(
  [
    z.object({
      id: callIdSchema,
      type: z.literal("function").optional(),
      function: z.object({ name: nameSchema, arguments: z.string({ error: "a string of JSON" }) }),
    }),
    z.object({ type: z.literal("custom") }),
  ],
  { error: "a tool call with id, type function and function" },
);
