import { z } from "zod";
import { callEfforts } from "@gantry/contracts/answer-settings";
import { flag, list, nameSchema } from "./schema.ts";

/* What a request says of tools, formats and effort; see `schema.ts` for how the shapes are written. */

const record = (error: string) => z.record(z.string(), z.unknown(), { error });
const longestEndUser = 512;
const endUser = z
  .string({ error: "a string" })
  .max(longestEndUser, { error: `at most ${longestEndUser} characters` })
  .nullish();

export const toolFieldsSchema = z.object({
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

export type ToolFields = z.infer<typeof toolFieldsSchema>;

const description = { error: "a string of well-formed Unicode" };

export const toolSchema = z.discriminatedUnion(
  "type",
  [
    z.object({
      type: z.literal("function"),
      function: z.object(
        {
          name: nameSchema,
          description: z
            .string(description)
            .refine((text) => text.isWellFormed(), description)
            .nullish(),
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
    z.object({ type: z.literal("allowed_tools"), allowed_tools: z.unknown() }),
    z.object({ type: z.literal("custom") }),
  ],
  { error: 'one of "none", "auto", "required", or {"type": "function", "function": {"name": …}}' },
);

export const allowedToolsSchema = z.object(
  { mode: z.enum(["auto", "required"], { error: '"auto" or "required"' }), tools: list("an array of tools") },
  { error: "an object with the fields mode and tools" },
);

export const allowedToolSchema = z.object(
  {
    type: z.literal("function", { error: '"function"' }),
    function: z.object({ name: nameSchema }, { error: "an object with the field name" }),
  },
  { error: "a tool of type function" },
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
