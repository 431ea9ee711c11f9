import type { CallMessage } from "@gantry/contracts/model-call";
import type { ContentBlock, TextBlock } from "@gantry/contracts/content";
import type { Road } from "../../../core/model-plane/choose-road.ts";
import { checkShape, isRecord, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { createCallCheck } from "./check-calls.ts";
import { decodeBlocks, decodeTextBlocks } from "./decode-content.ts";
import { decodeToolCalls, decodeToolResult } from "./decode-tool-messages.ts";
import { maximumMessages, messageSchema, type ChatMessage } from "./schema.ts";

export interface Conversation {
  /** The system prompt in its blocks. */
  readonly system: readonly TextBlock[];
  readonly messages: readonly CallMessage[];
}

interface Turn {
  readonly role: CallMessage["role"];
  readonly content: ContentBlock[];
  /** Where its first message stands in the body. */
  readonly path: string;
}

const commonFields = ["role", "content"];
const systemFields: ReadonlySet<string> = new Set(commonFields);
const knownFields = {
  system: systemFields,
  developer: systemFields,
  user: systemFields,
  assistant: new Set([...commonFields, "refusal", "tool_calls", "function_call", "audio"]),
  tool: new Set([...commonFields, "tool_call_id"]),
} as const satisfies Record<string, ReadonlySet<string>>;

/**
 * Decodes the conversation.
 *
 * - Results of tools, several in a row, stand in one message of the user with what the user says after them, since the
 *   Messages API wants the results of one answer together. In general neighbours of one role become one message with
 *   their blocks in order.
 * - A message in the history that says nothing is left out and reported as `messages[i]`: chat programs keep the empty
 *   answer of a cancelled turn. The Messages API refuses a text of white space alone, so that counts as nothing too.
 * - For a model's own API (`direct`), `system` and `developer` messages before all others are the system prompt and later
 *   ones keep their place. For an agent all of them, wherever they stand, are the system prompt, as the vendor's own
 *   OpenAI-compatible endpoint does it; and there the conversation begins and ends with the user.
 */
export function decodeMessages(
  messages: readonly unknown[],
  road: Road,
  ignored: IgnoredFields,
): Checked<Conversation> {
  if (messages.length > maximumMessages) {
    const sentence = `expected at most ${maximumMessages} messages, got ${messages.length}`;
    return reject("invalid_request", "messages", sentence);
  }
  const system: TextBlock[] = [];
  const turns: Turn[] = [];
  const silent: string[] = [];
  const calls = createCallCheck();
  let last: LastMessage | undefined;

  for (const [index, input] of messages.entries()) {
    const path = `messages[${index}]`;
    const message = checkMessage(input, path, ignored);
    if (!message.ok) return message;
    const blocks = decodeMessage(message.value, path, road, ignored);
    if (!blocks.ok) return blocks;
    const role = toRole(message.value.role);
    const misplaced = calls.add(message.value.role, blocks.value, path);
    if (misplaced !== undefined) return misplaced;
    if (role === "system" && (road === "agent" || turns.length === 0)) {
      for (const block of blocks.value) if (block.type === "text") system.push(block);
      continue;
    }
    last = { role, path };
    if (blocks.value.length === 0) silent.push(path);
    else addToTurns(turns, role, blocks.value, path);
  }

  const misordered = road === "agent" ? checkOrder(turns[0], last) : undefined;
  const wrong = checkLast(last, silent.at(-1)) ?? misordered ?? calls.finish() ?? checkAny(turns);
  if (wrong !== undefined) return wrong;
  for (const path of silent) ignored.add(path);
  return { ok: true, value: { system, messages: turns.map(({ role, content }) => ({ role, content })) } };
}

type ServedMessage = ChatMessage & { readonly role: keyof typeof knownFields };

function checkMessage(input: unknown, path: string, ignored: IgnoredFields): Checked<ServedMessage> {
  const message = checkShape(messageSchema, input, path);
  if (!message.ok) return message;
  const { role, ...rest } = message.value;
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

function decodeMessage(
  message: ServedMessage,
  path: string,
  road: Road,
  ignored: IgnoredFields,
): Checked<readonly ContentBlock[]> {
  const { role } = message;
  // The agent's program shrinks large images; a model's API takes them as they are.
  const shrinksImages = road === "agent";
  switch (role) {
    case "system":
    case "developer":
      return decodeTextBlocks(message.content, "system", path, ignored);
    case "user":
      return decodeBlocks({ ...message, role }, path, ignored, shrinksImages);
    case "assistant": {
      const said = decodeBlocks({ ...message, role }, path, ignored, shrinksImages);
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

function toRole(role: ServedMessage["role"]): CallMessage["role"] {
  if (role === "tool") return "user";
  return role === "developer" ? "system" : role;
}

function addToTurns(turns: Turn[], role: Turn["role"], blocks: readonly ContentBlock[], path: string): void {
  const open = turns.at(-1);
  if (open?.role !== role) {
    turns.push({ role, content: [...blocks], path });
    return;
  }
  for (const block of blocks) open.content.push(block);
}

interface LastMessage {
  readonly role: Turn["role"];
  readonly path: string;
}

function checkLast(last: LastMessage | undefined, lastSilent: string | undefined): Checked<never> | undefined {
  if (last?.role !== "user" || last.path !== lastSilent) return undefined;
  const sentence = "the last message must say something, got no text, image or file";
  return reject("invalid_request", `${last.path}.content`, sentence);
}

function checkOrder(first: Turn | undefined, last: LastMessage | undefined): Checked<never> | undefined {
  if (last?.role === "assistant") {
    const sentence =
      "the last message must be the user's or a tool's; an answer begun by the client (prefill) cannot be continued here";
    return reject("unsupported_feature", last.path, sentence);
  }
  if (first?.role !== "assistant") return undefined;
  const sentence = "the conversation must begin with the user, got a message of the assistant before any of the user";
  return reject("invalid_request", first.path, sentence);
}

function checkAny(turns: readonly Turn[]): Checked<never> | undefined {
  if (turns.length > 0) return undefined;
  return reject("invalid_request", "messages", "expected at least one message besides the system prompt, got none");
}
