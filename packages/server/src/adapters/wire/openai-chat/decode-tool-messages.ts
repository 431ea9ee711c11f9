import type { ToolCallBlock, ToolResultBlock } from "@gantry/contracts/content";
import { checkShape, isRecord, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { decodeTextBlocks } from "./decode-content.ts";
import { toolCallSchema, toolMessageSchema, type ChatMessage } from "./schema.ts";

const knownCallFields: ReadonlySet<string> = new Set(["id", "type", "function", "index"]);

/** The calls of an assistant's message, in order. */
export function decodeToolCalls(
  calls: readonly unknown[],
  messagePath: string,
  ignored: IgnoredFields,
): Checked<readonly ToolCallBlock[]> {
  const blocks: ToolCallBlock[] = [];
  for (const [index, input] of calls.entries()) {
    const path = `${messagePath}.tool_calls[${index}]`;
    const checked = checkShape(toolCallSchema, input, path);
    if (!checked.ok) return checked;
    if (!("function" in checked.value)) {
      return reject("unsupported_feature", `${path}.type`, "calls of type custom are not served here");
    }
    if (isRecord(input)) reportUnknownFields(input, knownCallFields, path, ignored);
    const { id, function: called } = checked.value;
    blocks.push({ type: "tool_call", id, name: called.name, arguments: called.arguments });
  }
  return { ok: true, value: blocks };
}

/** What a message of role `tool` brings. The shape has no word for a call that failed. */
export function decodeToolResult(message: ChatMessage, path: string, ignored: IgnoredFields): Checked<ToolResultBlock> {
  const checked = checkShape(toolMessageSchema, message, path);
  if (!checked.ok) return checked;
  const content = decodeTextBlocks(message.content ?? "", "tool", path, ignored);
  if (!content.ok) return content;
  const callId = checked.value.tool_call_id;
  return { ok: true, value: { type: "tool_result", callId, content: content.value, isError: false } };
}
