import type { OutputFormat, ToolChoice, ToolDefinition } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../../ignored-fields.ts";
import { isDeep } from "../../is-deep.ts";
import { responseFormatSchema, toolChoiceSchema, toolSchema, type CallFields } from "./call-schema.ts";

const tooDeep = "it is nested too deeply";

type ToolSettings = Pick<ModelCall, "tools" | "toolChoice" | "parallelToolCalls">;

const knownToolFields: ReadonlySet<string> = new Set(["type", "function"]);
const knownFunctionFields: ReadonlySet<string> = new Set(["name", "description", "parameters", "strict"]);

/** Decodes the tools and how they may be used. What is said of tools where there are none has no effect. */
export function decodeTools(fields: CallFields, ignored: IgnoredFields): Checked<ToolSettings> {
  const older = refuseFunctions(fields);
  if (older !== undefined) return older;
  const tools: ToolDefinition[] = [];
  for (const [index, input] of (fields.tools ?? []).entries()) {
    const tool = decodeTool(input, `tools[${index}]`, ignored);
    if (!tool.ok) return tool;
    tools.push(tool.value);
  }
  const choice = decodeToolChoice(fields.tool_choice, tools);
  if (!choice.ok) return choice;
  const parallel = tools.length === 0 ? undefined : (fields.parallel_tool_calls ?? undefined);
  return {
    ok: true,
    value: { tools, toolChoice: choice.value, ...(parallel !== undefined && { parallelToolCalls: parallel }) },
  };
}

/** The answer would have to come in the older shape as well, and calls without an id have no place in the contract. */
function refuseFunctions({ functions, function_call: choice }: CallFields): Checked<never> | undefined {
  const none = functions === null || functions === undefined || (Array.isArray(functions) && functions.length === 0);
  if (!none) return reject("unsupported_feature", "functions", "this older field is not served; send tools");
  if (choice === null || choice === undefined || choice === "none" || choice === "auto") return undefined;
  return reject("unsupported_feature", "function_call", "this older field is not served; send tools and tool_choice");
}

function decodeTool(input: unknown, path: string, ignored: IgnoredFields): Checked<ToolDefinition> {
  const checked = checkShape(toolSchema, input, path);
  if (!checked.ok) return checked;
  const tool = checked.value;
  if (tool.type === "custom") {
    return reject(
      "unsupported_feature",
      `${path}.type`,
      "tools of type custom are not served here; send type function",
    );
  }
  if (isRecord(input)) {
    reportUnknownFields(input, knownToolFields, path, ignored);
    if (isRecord(input["function"])) {
      reportUnknownFields(input["function"], knownFunctionFields, `${path}.function`, ignored);
    }
  }
  const { name, description, parameters, strict } = tool.function;
  if (isDeep(parameters)) return reject("invalid_request", `${path}.function.parameters`, tooDeep);
  return {
    ok: true,
    value: {
      name,
      ...(typeof description === "string" && description !== "" && { description }),
      inputSchema: parameters ?? { type: "object", properties: {} },
      ...(typeof strict === "boolean" && { strict }),
    },
  };
}

function decodeToolChoice(input: unknown, tools: readonly ToolDefinition[]): Checked<ToolChoice | undefined> {
  if (input === null || input === undefined) return { ok: true, value: undefined };
  const checked = checkShape(toolChoiceSchema, input, "tool_choice");
  if (!checked.ok) return checked;
  const choice = checked.value;
  if (typeof choice === "object") return decodeNamedChoice(choice, tools);
  if (tools.length > 0) return { ok: true, value: { type: choice === "required" ? "any" : choice } };
  return choice === "required" ? rejectField("tools", "at least one tool, as one must be called", []) : noChoice;
}

const noChoice = { ok: true, value: undefined } as const;

function decodeNamedChoice(
  choice: { readonly type: string; readonly function?: { readonly name: string } },
  tools: readonly ToolDefinition[],
): Checked<ToolChoice> {
  const name = choice.function?.name;
  if (name === undefined) {
    return reject("unsupported_feature", "tool_choice.type", `a choice of type ${choice.type} is not served here`);
  }
  return tools.some((tool) => tool.name === name)
    ? { ok: true, value: { type: "tool", name } }
    : rejectField("tool_choice.function.name", "the name of one of the tools", name);
}

/** Text is what a model writes when nothing is said, so it decodes to nothing. */
export function decodeOutputFormat(input: unknown, ignored: IgnoredFields): Checked<OutputFormat | undefined> {
  if (input === null || input === undefined) return { ok: true, value: undefined };
  const checked = checkShape(responseFormatSchema, input, "response_format");
  if (!checked.ok) return checked;
  const format = checked.value;
  switch (format.type) {
    case "text":
      return { ok: true, value: undefined };
    case "json_object":
      return { ok: true, value: { type: "json_object" } };
    case "json_schema": {
      const { name, schema, strict, description } = format.json_schema;
      if (isDeep(schema)) return reject("invalid_request", "response_format.json_schema.schema", tooDeep);
      if (description !== null && description !== undefined) ignored.add("response_format.json_schema.description");
      return {
        ok: true,
        value: { type: "json_schema", name, schema, ...(typeof strict === "boolean" && { strict }) },
      };
    }
  }
}
