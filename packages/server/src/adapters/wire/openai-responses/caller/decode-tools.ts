import type { ToolChoice, ToolDefinition } from "@gantry/contracts/answer-settings";
import type { ModelCall } from "@gantry/contracts/model-call";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../../ignored-fields.ts";
import { isDeep } from "../../is-deep.ts";
import { functionToolSchema, toolChoiceSchema, typedSchema, type ResponsesRequestInput } from "./request-schema.ts";

type ToolSettings = Pick<ModelCall, "tools" | "toolChoice" | "parallelToolCalls">;

const known: ReadonlySet<string> = new Set(["type", "name", "description", "parameters", "strict"]);

/** Decodes the tools and how they may be used. What is said of tools where there are none has no effect. */
export function decodeTools(request: ResponsesRequestInput, ignored: IgnoredFields): Checked<ToolSettings> {
  const tools: ToolDefinition[] = [];
  const names = new Set<string>();
  for (const [index, input] of (request.tools ?? []).entries()) {
    const tool = decodeTool(input, `tools[${index}]`, ignored);
    if (!tool.ok) return tool;
    if (names.has(tool.value.name)) {
      return reject("invalid_request", `tools[${index}].name`, `expected each name once, got ${tool.value.name} twice`);
    }
    names.add(tool.value.name);
    tools.push(tool.value);
  }
  const choice = decodeChoice(request.tool_choice, names);
  if (!choice.ok) return choice;
  if (choice.value?.type === "allowed") return offerAllowed(request, tools, choice.value);
  const parallel = tools.length === 0 ? undefined : (request.parallel_tool_calls ?? undefined);
  return {
    ok: true,
    value: { tools, toolChoice: choice.value, ...(parallel !== undefined && { parallelToolCalls: parallel }) },
  };
}

/** The other tools are not offered: a model cannot be told to leave some of its tools alone. */
function offerAllowed(
  request: ResponsesRequestInput,
  tools: readonly ToolDefinition[],
  { names, mode }: AllowedTools,
): Checked<ToolSettings> {
  const parallel = request.parallel_tool_calls ?? undefined;
  return {
    ok: true,
    value: {
      tools: tools.filter(({ name }) => names.has(name)),
      toolChoice: { type: mode === "required" ? "any" : "auto" },
      ...(parallel !== undefined && { parallelToolCalls: parallel }),
    },
  };
}

interface AllowedTools {
  readonly type: "allowed";
  readonly names: ReadonlySet<string>;
  readonly mode: "auto" | "required";
}

function decodeTool(input: unknown, path: string, ignored: IgnoredFields): Checked<ToolDefinition> {
  const typed = checkShape(typedSchema, input, path);
  if (!typed.ok) return typed;
  if (typed.value.type !== "function") {
    const shown = JSON.stringify(typed.value.type.slice(0, 40));
    const sentence = `tools of type ${shown} are the vendor's own and not served here; send type "function"`;
    return reject("unsupported_feature", `${path}.type`, sentence);
  }
  const checked = checkShape(functionToolSchema, input, path);
  if (!checked.ok) return checked;
  const { name, description, parameters, strict } = checked.value;
  if (isRecord(input)) reportUnknownFields(input, known, path, ignored);
  if (isDeep(parameters)) return reject("invalid_request", `${path}.parameters`, "it is nested too deeply");
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

function decodeChoice(input: unknown, names: ReadonlySet<string>): Checked<ToolChoice | AllowedTools | undefined> {
  if (input === null || input === undefined) return { ok: true, value: undefined };
  const checked = checkShape(toolChoiceSchema, input, "tool_choice");
  if (!checked.ok) return checked;
  const choice = checked.value;
  if (typeof choice !== "object") {
    if (names.size > 0) return { ok: true, value: { type: choice === "required" ? "any" : choice } };
    if (choice !== "required") return { ok: true, value: undefined };
    return rejectField("tools", "at least one tool, as one must be called", []);
  }
  if ("mode" in choice) return decodeAllowed(choice, names);
  if (!("name" in choice)) {
    const shown = JSON.stringify(choice.type.slice(0, 40));
    return reject("unsupported_feature", "tool_choice.type", `a choice of type ${shown} is not served here`);
  }
  return names.has(choice.name)
    ? { ok: true, value: { type: "tool", name: choice.name } }
    : rejectField("tool_choice.name", "the name of one of the tools", choice.name);
}

function decodeAllowed(
  { mode, tools }: { readonly mode: "auto" | "required"; readonly tools: readonly unknown[] },
  names: ReadonlySet<string>,
): Checked<AllowedTools> {
  const allowed = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    const name = isRecord(tool) ? tool["name"] : undefined;
    if (typeof name !== "string" || !names.has(name)) {
      return rejectField(`tool_choice.tools[${index}].name`, "the name of one of the tools", name);
    }
    allowed.add(name);
  }
  if (allowed.size === 0) return rejectField("tool_choice.tools", "at least one of the tools", []);
  return { ok: true, value: { type: "allowed", names: allowed, mode } };
}
