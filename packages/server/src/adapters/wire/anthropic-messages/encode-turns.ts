import type { ContentBlock, TextBlock } from "@gantry/contracts/content";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";
import type { Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";
import { encodeBlock } from "./encode-blocks.ts";

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: object[];
}

export interface EncodedTurns {
  readonly system: readonly TextBlock[];
  readonly messages: readonly Turn[];
}

/**
 * Encodes the conversation as turns that take each other's place. Messages of one role in a row become one, those that say
 * nothing are left out, and the results of tools go to the front of the user's turn, where the vendor wants them.
 *
 * A system message before all others belongs to the system prompt. A later one becomes a text of the user's in the marks
 * that the vendor's own CLI uses for reminders: only the newest models take the role there, and none takes it
 * everywhere. It keeps its place and its words, but no longer speaks with the system's voice, which is reported.
 */
export function encodeTurns(call: ModelCall, ignored: IgnoredFields): Checked<EncodedTurns> {
  const start = call.messages.findIndex(({ role }) => role !== "system");
  const heading = call.messages.slice(0, start === -1 ? undefined : start);
  const system = [
    ...call.system,
    ...heading.flatMap(({ content }) => content.filter((block) => block.type === "text")),
  ];
  const turns: Turn[] = [];
  for (const message of call.messages.slice(heading.length)) {
    const content = encodeContent(message, ignored);
    if (!content.ok) return content;
    if (content.value.length === 0) continue;
    const role = message.role === "assistant" ? "assistant" : "user";
    const open = turns.at(-1);
    if (open?.role !== role) turns.push({ role, content: content.value });
    else for (const block of content.value) open.content.push(block);
  }
  return { ok: true, value: { system, messages: turns.map(withResultsFirst) } };
}

function encodeContent({ role, content }: CallMessage, ignored: IgnoredFields): Checked<object[]> {
  const blocks: object[] = [];
  if (role === "system") ignored.add("messages.system", "as-reminder");
  for (const block of role === "system" ? content.map(toReminder) : content) {
    const encoded = encodeBlock(block, ignored);
    if (!encoded.ok) return encoded;
    blocks.push(...encoded.value);
  }
  return { ok: true, value: blocks };
}

function toReminder(block: ContentBlock): ContentBlock {
  if (block.type !== "text" || block.text.trim() === "") return block;
  return { type: "text", text: `<system-reminder>\n${block.text}\n</system-reminder>` };
}

function withResultsFirst({ role, content }: Turn): Turn {
  const isResult = (block: object) => "type" in block && block.type === "tool_result";
  return { role, content: [...content.filter(isResult), ...content.filter((block) => !isResult(block))] };
}
