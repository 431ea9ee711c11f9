import { checkShape, isRecord, type Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";
import { toolChangeSchema } from "./schema.ts";

/** What a system message in mid-conversation does to the tools that are offered. */
export type ToolChange =
  | { readonly type: "offer"; readonly name: string }
  | { readonly type: "withdraw"; readonly name: string }
  | { readonly type: "define"; readonly definition: unknown; readonly path: string };

export function isToolChange(block: unknown): block is object {
  return isRecord(block) && (block["type"] === "tool_addition" || block["type"] === "tool_removal");
}

/** Undefined where it is of no concern here: tools that the vendor runs itself. */
export function readToolChange(block: object, path: string, ignored: IgnoredFields): Checked<ToolChange | undefined> {
  const checked = checkShape(toolChangeSchema, block, path);
  if (!checked.ok) return checked;
  const { tool } = checked.value;
  const isRemoval = isRecord(block) && block["type"] === "tool_removal";
  switch (tool.type) {
    case "tool_reference":
      return { ok: true, value: { type: isRemoval ? "withdraw" : "offer", name: tool.name } };
    case "tool_definition":
      return { ok: true, value: { type: "define", definition: tool.definition, path: `${path}.tool.definition` } };
    default:
      ignored.add(`${path}.${tool.type}`);
      return { ok: true, value: undefined };
  }
}
