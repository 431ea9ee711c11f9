import type { OutputFormat, ToolChoice, ToolDefinition } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { isDeep } from "../is-deep.ts";
import {
  allowedToolSchema,
  allowedToolsSchema,
  responseFormatSchema,
  toolChoiceSchema,
  toolSchema,
  type ToolFields,
} from "./tool-schema.ts";

const tooDeep = "it is nested too deeply";

type ToolSettings = Pick<ModelCall, "tools" | "toolChoice" | "parallelToolCalls">;

const knownToolFields: ReadonlySet<string> = new Set(["type", "function"]);
const knownFunctionFields: ReadonlySet<string> = new Set(["name", "description", "parameters", "strict"]);

/** Far above what any client offers; OpenAI takes 128. */
const mostTools = 1000;

/** Decodes the tools and how they may be used. What is said of tools where there are none has no effect. */
export function decodeTools(fields: ToolFields, ignored: IgnoredFields): Checked<ToolSettings> {
  const older = refuseFunctions(fields);
  if (older !== undefined) return older;
  const inputs = fields.tools ?? [];
  if (inputs.length > mostTools) {
    return reject("invalid_request", "tools", `expected at most ${mostTools} tools, got ${inputs.length}`);
  }
  const tools = new Map<string, ToolDefinition>();
  for (const [index, input] of inputs.entries()) {
    const path = `tools[${index}]`;
    const tool = decodeTool(input, path, ignored);
    if (!tool.ok) return tool;
    const { name } = tool.value;
    if (tools.has(name)) return rejectField(`${path}.function.name`, "a name that no other tool has", name);
    tools.set(name, tool.value);
  }
  const chosen = decodeToolChoice(fields.tool_choice, [...tools.values()]);
  if (!chosen.ok) return chosen;
  const parallel = chosen.value.tools.length === 0 ? undefined : (fields.parallel_tool_calls ?? undefined);
  return { ok: true, value: { ...chosen.value, ...(parallel !== undefined && { parallelToolCalls: parallel }) } };
}

/** The answer would have to come in the older shape as well, and calls without an id have no place in the contract. */
function refuseFunctions({ functions, function_call: choice }: ToolFields): Checked<never> | undefined {
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

/** Which of the tools are left, and whether one must be called. */
type Chosen = Pick<ModelCall, "tools" | "toolChoice">;

function decodeToolChoice(input: unknown, tools: readonly ToolDefinition[]): Checked<Chosen> {
  const choose = (toolChoice?: ToolChoice): Checked<Chosen> => ({ ok: true, value: { tools, toolChoice } });
  if (input === null || input === undefined) return choose();
  const checked = checkShape(toolChoiceSchema, input, "tool_choice");
  if (!checked.ok) return checked;
  const choice = checked.value;
  if (typeof choice === "string") {
    if (tools.length > 0) return choose({ type: choice === "required" ? "any" : choice });
    return choice === "required" ? rejectField("tools", "at least one tool, as one must be called", []) : choose();
  }
  switch (choice.type) {
    case "function": {
      const { name } = choice.function;
      const isKnown = tools.some((tool) => tool.name === name);
      return isKnown ? choose({ type: "tool", name }) : rejectField("tool_choice.function.name", oneOfTheTools, name);
    }
    case "allowed_tools":
      return decodeAllowedTools(choice.allowed_tools, tools);
    case "custom":
      return reject("unsupported_feature", "tool_choice.type", "a choice of type custom is not served here");
  }
}

const oneOfTheTools = "the name of one of the tools";

/** The other tools are not offered at all: no model's API but OpenAI's can be told of tools that it may not call. */
function decodeAllowedTools(input: unknown, tools: readonly ToolDefinition[]): Checked<Chosen> {
  const path = "tool_choice.allowed_tools";
  const checked = checkShape(allowedToolsSchema, input, path);
  if (!checked.ok) return checked;
  const { mode, tools: named } = checked.value;
  const names = new Set<string>();
  for (const [index, each] of named.entries()) {
    const tool = checkShape(allowedToolSchema, each, `${path}.tools[${index}]`);
    if (!tool.ok) return tool;
    const { name } = tool.value.function;
    const isKnown = tools.some((known) => known.name === name);
    if (!isKnown) return rejectField(`${path}.tools[${index}].function.name`, oneOfTheTools, name);
    names.add(name);
  }
  if (names.size === 0) return rejectField(`${path}.tools`, "at least one tool", named);
  const allowed = tools.filter((tool) => names.has(tool.name));
  return { ok: true, value: { tools: allowed, toolChoice: { type: mode === "required" ? "any" : "auto" } } };
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
