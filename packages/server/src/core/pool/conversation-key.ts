import type { ToolOffer, Message } from "@gantry/contracts/completion";
import type { ContentBlock } from "@gantry/contracts/content";
import { toCanonicalJson } from "../cache/canonical-json.ts";

/** A one-way digest of a text, as a short string; equal for equal texts alone. */
export type Digest = (text: string) => string;

/** Names a conversation up to some message: two are equal when every message is. */
export type ConversationKey = string;

export const emptyConversation: ConversationKey = "";

/** The key of a conversation that goes on with these messages. Each message is digested once, so growth stays linear. */
export function extendConversation(
  key: ConversationKey,
  messages: readonly Message[],
  digest: Digest,
): ConversationKey {
  return messages.reduce((before, message) => digest(`${before}\n${message.role}\n${toCanonical(message)}`), key);
}

/**
 * The key of a turn that waits for the results of its calls, where `key` is that of the conversation up to them. The tools
 * belong to it: a turn cannot go on with others.
 */
export function toWaitingKey(key: ConversationKey, tools: ToolOffer | undefined, digest: Digest): ConversationKey {
  return digest(`${key}\nwaiting\n${toCanonicalJson(tools?.definitions ?? [])}`);
}

/**
 * A message as any dialect sends it back: not all have thoughts, nor blocks in an answer's text, and some parse and write
 * the arguments of a call anew.
 */
function toCanonical({ role, content }: Message): string {
  if (role === "user") return JSON.stringify(content);
  const blocks: ContentBlock[] = [];
  for (const block of content) {
    const last = blocks.at(-1);
    if (block.type === "thinking" || block.type === "redacted_thinking") continue;
    if (block.type === "text" && last?.type === "text")
      blocks[blocks.length - 1] = { type: "text", text: last.text + block.text };
    else if (block.type === "tool_call") blocks.push({ ...block, arguments: toCanonicalArguments(block.arguments) });
    else blocks.push(block);
  }
  return JSON.stringify(blocks);
}

function toCanonicalArguments(written: string): string {
  try {
    return toCanonicalJson(JSON.parse(written === "" ? "{}" : written));
  } catch {
    // No JSON, or nested deeper than can be written: it is compared as it is.
    return written;
  }
}
