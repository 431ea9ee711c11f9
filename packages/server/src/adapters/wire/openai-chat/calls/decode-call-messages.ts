import type { ContentBlock, TextBlock, ToolCallBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { checkShape, isRecord, reject, type Checked } from "../../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../../ignored-fields.ts";
import { decodeBlocks, decodeTextBlocks } from "../decode-content.ts";
import { maximumMessages } from "../schema.ts";
import { callMessageSchema, toolCallSchema, toolMessageSchema, type CallMessageInput } from "./call-schema.ts";

interface CallConversation {
  readonly system: readonly TextBlock[];
  readonly messages: readonly CallMessage[];
}

interface OpenMessage {
  readonly role: CallMessage["role"];
  readonly content: ContentBlock[];
}

const plainFields: ReadonlySet<string> = new Set(["role", "content"]);
const knownFields = {
  system: plainFields,
  developer: plainFields,
  user: plainFields,
  assistant: new Set([...plainFields, "refusal", "tool_calls", "function_call", "audio"]),
  tool: new Set([...plainFields, "tool_call_id"]),
} as const satisfies Record<string, ReadonlySet<string>>;

/**
 * Decodes the conversation of a call.
 *
 * - `system` and `developer` messages before all others are the system prompt; later ones keep their place.
 * - Results of tools, several in a row, stand in one message of the user with what the user says after them, since the
 *   Messages API wants the results of one answer together. In general neighbours of one role become one message.
 * - A message that says nothing is left out and reported as `messages[i]`, but for the last one of the user.
 */
export function decodeCallMessages(messages: readonly unknown[], ignored: IgnoredFields): Checked<CallConversation> {
  if (messages.length > maximumMessages) {
    const sentence = `expected at most ${maximumMessages} messages, got ${messages.length}`;
    return reject("invalid_request", "messages", sentence);
  }
  const system: TextBlock[] = [];
  const turns: OpenMessage[] = [];

  for (const [index, input] of messages.entries()) {
    const path = `messages[${index}]`;
    const message = checkMessage(input, path, ignored);
    if (!message.ok) return message;
    const { role } = message.value;
    const blocks = decodeCallBlocks(message.value, path, ignored);
    if (!blocks.ok) return blocks;
    if (blocks.value.length === 0) {
      if (role === "user" && index === messages.length - 1) return refuseSilence(path);
      ignored.add(path);
    } else if ((role === "system" || role === "developer") && turns.length === 0) {
      for (const block of blocks.value) if (block.type === "text") system.push(block);
    } else {
      addToTurns(turns, toRole(role), blocks.value);
    }
  }
  if (turns.length > 0) return { ok: true, value: { system, messages: turns } };
  return reject("invalid_request", "messages", "expected at least one message besides the system prompt, got none");
}

type ServedMessage = CallMessageInput & { readonly role: keyof typeof knownFields };

function checkMessage(input: unknown, path: string, ignored: IgnoredFields): Checked<ServedMessage> {
  const checked = checkShape(callMessageSchema, input, path);
  if (!checked.ok) return checked;
  const { role, ...rest } = checked.value;
  if (role === "function") {
    return reject("unsupported_feature", `${path}.role`, "this older role is not served; send role tool");
  }
  if (isRecord(input)) {
    if (role === "assistant") {
      const unserved = ["function_call", "audio"].find((name) => input[name] !== null && input[name] !== undefined);
      if (unserved !== undefined) {
        return reject("unsupported_feature", `${path}.${unserved}`, "this field is not served in the history");
      }
    }
    reportUnknownFields(input, knownFields[role], path, ignored);
  }
  return { ok: true, value: { ...rest, role } };
}

function decodeCallBlocks(
  message: ServedMessage,
  path: string,
  ignored: IgnoredFields,
): Checked<readonly ContentBlock[]> {
  const { role } = message;
  switch (role) {
    case "system":
    case "developer":
      return decodeTextBlocks(message.content, "system", path, ignored);
    case "user":
      return decodeBlocks({ ...message, role }, path, ignored, false);
    case "assistant": {
      const said = decodeBlocks({ ...message, role }, path, ignored, false);
      if (!said.ok) return said;
      const calls = decodeToolCalls(message.tool_calls ?? [], path, ignored);
      return calls.ok ? { ok: true, value: [...said.value, ...calls.value] } : calls;
    }
    case "tool": {
      const result = decodeToolResult(message, path, ignored);
      return result.ok ? { ok: true, value: [result.value] } : result;
    }
  }
}

const knownCallFields: ReadonlySet<string> = new Set(["id", "type", "function", "index"]);

function decodeToolCalls(
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

function decodeToolResult(message: ServedMessage, path: string, ignored: IgnoredFields): Checked<ToolResultBlock> {
  const checked = checkShape(toolMessageSchema, message, path);
  if (!checked.ok) return checked;
  const content = decodeTextBlocks(message.content ?? "", "tool", path, ignored);
  if (!content.ok) return content;
  const callId = checked.value.tool_call_id;
  return { ok: true, value: { type: "tool_result", callId, content: content.value, isError: false } };
}

function toRole(role: ServedMessage["role"]): CallMessage["role"] {
  if (role === "tool") return "user";
  return role === "developer" ? "system" : role;
}

function addToTurns(turns: OpenMessage[], role: CallMessage["role"], blocks: readonly ContentBlock[]): void {
  const open = turns.at(-1);
  if (open?.role !== role) turns.push({ role, content: [...blocks] });
  else for (const block of blocks) open.content.push(block);
}

function refuseSilence(path: string): Checked<never> {
  return reject("invalid_request", `${path}.content`, "the last message must say something, got no text or image");
}
