import type { Message } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import { checkShape, isRecord, reject, type Checked } from "../check-shape.ts";
import { decodeBlocks, decodeTexts } from "./decode-content.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { maximumMessages, messageSchema, type ChatMessage } from "./schema.ts";

interface Conversation {
  readonly system: string;
  readonly messages: readonly Message[];
}

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: ContentBlock[];
  /** Where its first message stands in the body. */
  readonly path: string;
}

const commonFields = ["role", "content"];
const knownFields: ReadonlySet<string> = new Set(commonFields);
const knownAssistantFields: ReadonlySet<string> = new Set([
  ...commonFields,
  "refusal",
  "tool_calls",
  "function_call",
  "audio",
]);

/**
 * Decodes the conversation.
 *
 * - All `system` and `developer` messages, wherever they stand, are taken out and joined in their order with one newline
 *   into the one system prompt, as the vendor's own OpenAI-compatible endpoint does. Their place in mid-conversation is
 *   given up. The text parts of one such message are joined the same way; empty ones are left out.
 * - Neighbours of one role become one message with their blocks in order, since the Messages API makes one turn of them.
 * - A message in the history that says nothing is left out and reported as `messages[i]`: chat programs keep the empty
 *   answer of a cancelled turn. The Messages API refuses a text of white space alone, so that counts as nothing too.
 * - The conversation begins and ends with the user.
 */
export function decodeMessages(messages: readonly unknown[], ignored: IgnoredFields): Checked<Conversation> {
  if (messages.length > maximumMessages) {
    return reject(
      "invalid_request",
      "messages",
      `expected at most ${maximumMessages} messages, got ${messages.length}`,
    );
  }
  const systemTexts: string[] = [];
  const turns: Turn[] = [];
  const silent: string[] = [];
  let last: { role: "user" | "assistant"; path: string } | undefined;

  for (const [index, input] of messages.entries()) {
    const path = `messages[${index}]`;
    const message = checkMessage(input, path, ignored);
    if (!message.ok) return message;
    const { role } = message.value;
    if (role === "system" || role === "developer") {
      const texts = decodeTexts(message.value.content, path, ignored);
      if (!texts.ok) return texts;
      for (const text of texts.value) systemTexts.push(text);
      continue;
    }
    const blocks = decodeBlocks({ ...message.value, role }, path, ignored);
    if (!blocks.ok) return blocks;
    last = { role, path };
    if (blocks.value.length === 0) silent.push(path);
    else addToTurns(turns, role, blocks.value, path);
  }

  const wrongOrder = checkOrder(turns, last, silent.at(-1));
  if (wrongOrder !== undefined) return wrongOrder;
  for (const path of silent) ignored.add(path);
  const system = systemTexts.join("\n");
  return {
    ok: true,
    value: {
      system: system.trim() === "" ? "" : system,
      messages: turns.map(({ role, content }) => ({ role, content })),
    },
  };
}

type ServedMessage = ChatMessage & { role: "system" | "developer" | "user" | "assistant" };

function checkMessage(input: unknown, path: string, ignored: IgnoredFields): Checked<ServedMessage> {
  const message = checkShape(messageSchema, input, path);
  if (!message.ok) return message;
  const { role, ...rest } = message.value;
  if (role === "tool" || role === "function") {
    return reject(
      "unsupported_feature",
      `${path}.role`,
      `messages of role ${role} are not served by this endpoint yet`,
    );
  }
  if (!isRecord(input)) return { ok: true, value: { ...rest, role } };
  if (role === "assistant") {
    const call = findCall(input);
    if (call !== undefined) {
      return reject("unsupported_feature", `${path}.${call}`, "tool calls and audio in the history are not served yet");
    }
  }
  reportUnknownFields(input, role === "assistant" ? knownAssistantFields : knownFields, path, ignored);
  return { ok: true, value: { ...rest, role } };
}

function findCall(message: Record<string, unknown>): string | undefined {
  return ["tool_calls", "function_call", "audio"].find((name) => {
    const value = message[name];
    return value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
  });
}

function addToTurns(turns: Turn[], role: Turn["role"], blocks: readonly ContentBlock[], path: string): void {
  const open = turns.at(-1);
  if (open?.role !== role) {
    turns.push({ role, content: [...blocks], path });
    return;
  }
  for (const block of blocks) open.content.push(block);
}

function checkOrder(
  turns: readonly Turn[],
  last: { role: string; path: string } | undefined,
  lastSilent: string | undefined,
): Checked<never> | undefined {
  const first = turns[0];
  if (last === undefined) {
    return reject("invalid_request", "messages", "expected at least one message of the user, got none");
  }
  if (last.role === "assistant") {
    return reject(
      "unsupported_feature",
      last.path,
      "the last message must be the user's; an answer begun by the client (prefill) cannot be continued here",
    );
  }
  if (last.path === lastSilent) {
    return reject(
      "invalid_request",
      `${last.path}.content`,
      "the last message must say something, got no text or image",
    );
  }
  if (first?.role === "assistant") {
    return reject(
      "invalid_request",
      first.path,
      "the conversation must begin with the user, got a message of the assistant before any of the user",
    );
  }
  return undefined;
}
