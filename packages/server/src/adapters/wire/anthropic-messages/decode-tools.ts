import type { ToolChoice, ToolDefinition } from "@gantry/contracts/answer-settings";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { isDeep } from "../is-deep.ts";
import { anyToolSchema, toolChoiceSchema, toolSchema } from "./schema.ts";
import type { ToolChange } from "./tool-changes.ts";

export interface DecodedTools {
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice | undefined;
  readonly parallelToolCalls?: boolean;
}

/**
 * What may be in a definition without a meaning here. A tool that waits to be searched for (`defer_loading`) is offered from
 * the start, which costs input and changes nothing else.
 */
const known: ReadonlySet<string> = new Set([
  "type",
  "name",
  "description",
  "input_schema",
  "strict",
  "cache_control",
  "defer_loading",
  "eager_input_streaming",
]);

/** Keeps the vendor's search for tools switched on while no tool waits; a tool that must never be called is none. */
const placeholder = "DeferredToolPlaceholder";

/** Decodes the tools, as they stand after the changes that the messages make to them, and which of them is to be called. */
export function decodeTools(
  request: { readonly tools?: readonly unknown[] | null | undefined; readonly tool_choice?: unknown },
  changes: readonly ToolChange[],
  ignored: IgnoredFields,
): Checked<DecodedTools> {
  const offered = new Map<string, ToolDefinition>();
  const atVendor = new Set<string>();
  for (const [index, input] of (request.tools ?? []).entries()) {
    const path = `tools.${index}`;
    const tool = decodeTool(input, path, ignored);
    if (!tool.ok) return tool;
    const { name, definition } = tool.value;
    if (offered.has(name) || atVendor.has(name)) return reject("invalid_request", "tools", "tool names must be unique");
    if (definition === undefined) atVendor.add(name);
    else if (name !== placeholder) offered.set(name, definition);
  }
  const changed = applyChanges(offered, changes, ignored);
  if (!changed.ok) return changed;
  const choice = decodeChoice(request.tool_choice, offered, atVendor);
  return choice.ok ? { ok: true, value: { tools: [...offered.values()], ...choice.value } } : choice;
}

interface DecodedTool {
  readonly name: string;
  /** Undefined where the vendor alone knows the tool. */
  readonly definition: ToolDefinition | undefined;
}

function decodeTool(input: unknown, path: string, ignored: IgnoredFields): Checked<DecodedTool> {
  const any = checkShape(anyToolSchema, input, path);
  if (!any.ok) return any;
  const type = any.value.type ?? "custom";
  if (type !== "custom") {
    ignored.add(`${path}.${type}`);
    // A set of tools has no name of its own.
    return { ok: true, value: { name: any.value.name ?? path, definition: undefined } };
  }
  const checked = checkShape(toolSchema, input, path);
  if (!checked.ok) return checked;
  const { name, description, strict, input_schema: inputSchema } = checked.value;
  if (inputSchema["type"] !== "object") {
    return rejectField(`${path}.input_schema.type`, 'the string "object"', inputSchema["type"]);
  }
  if (isDeep(inputSchema)) return reject("invalid_request", `${path}.input_schema`, "it is nested too deeply");
  if (isRecord(input)) reportUnknownFields(input, known, path, ignored);
  const definition = {
    name,
    ...(description && { description }),
    inputSchema,
    ...(typeof strict === "boolean" && { strict }),
  };
  return { ok: true, value: { name, definition } };
}

/** Those that are offered again after a removal come last, which means nothing. */
function applyChanges(
  offered: Map<string, ToolDefinition>,
  changes: readonly ToolChange[],
  ignored: IgnoredFields,
): Checked<undefined> {
  const all = new Map(offered);
  for (const change of changes) {
    if (change.type === "define") {
      const tool = decodeTool(change.definition, change.path, ignored);
      if (!tool.ok) return tool;
      const { name, definition } = tool.value;
      if (definition === undefined) continue;
      all.set(name, definition);
      offered.set(name, definition);
    } else if (change.type === "withdraw") {
      offered.delete(change.name);
    } else {
      const definition = all.get(change.name);
      if (definition !== undefined) offered.set(change.name, definition);
    }
  }
  return { ok: true, value: undefined };
}

type DecodedChoice = Omit<DecodedTools, "tools">;

function decodeChoice(
  input: unknown,
  offered: ReadonlyMap<string, ToolDefinition>,
  atVendor: ReadonlySet<string>,
): Checked<DecodedChoice> {
  const checked = checkShape(toolChoiceSchema, input, "tool_choice");
  if (!checked.ok) return checked;
  const choice = checked.value;
  if (choice === null || choice === undefined) return { ok: true, value: { toolChoice: undefined } };
  if (choice.type === "none") return { ok: true, value: { toolChoice: { type: "none" } } };
  const disabled = choice.disable_parallel_tool_use;
  const parallel = typeof disabled === "boolean" ? { parallelToolCalls: !disabled } : {};
  if (choice.type === "auto") return { ok: true, value: { toolChoice: { type: "auto" }, ...parallel } };

  const lacking = choice.type === "any" ? offered.size === 0 : !offered.has(choice.name);
  if (!lacking) {
    const { disable_parallel_tool_use: _, ...toolChoice } = choice;
    return { ok: true, value: { toolChoice, ...parallel } };
  }
  const isAtVendor = choice.type === "any" ? atVendor.size > 0 : atVendor.has(choice.name);
  if (isAtVendor) {
    return reject(
      "unsupported_feature",
      "tool_choice",
      "the tool is one that its vendor runs or defines, and cannot be carried to this model",
    );
  }
  return reject("invalid_request", "tool_choice", "expected a tool that is among the tools, got none of that name");
}
