import type { ContentBlock, DocumentBlock, ImageBlock, TextBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage, ModelCall } from "@gantry/contracts/model-call";
import { reject, type Checked } from "../../check-shape.ts";
import type { IgnoredFields } from "../../ignored-fields.ts";
import { createCallIds, type CallIds } from "./call-ids.ts";
import { createMessageList, type MessageList } from "./message-list.ts";
import type { MessageBody, PartBody, TextPartBody, ToolCallBody } from "./request-body.ts";
import type { ServerManner } from "./server-manner.ts";

/**
 * Lays a conversation out as messages of a chat:
 *
 * - the blocks of the system prompt become one message, set apart by blank lines; later words of the system keep their
 *   place, but that the results of tools stand right behind their calls;
 * - each result of a tool becomes a message of its own, in text alone; its images and documents follow in the user's message, each
 *   with the id of its call in front, and an error says in words that it is one;
 * - what the assistant thought is left out and named in `ignored`.
 *
 * An image or a document said by the assistant or the system is a failure, since there is no place for it; so is a document by its address.
 */
export function encodeCallMessages(
  { system, messages }: Pick<ModelCall, "system" | "messages">,
  { longestCallId }: ServerManner,
  ignored: IgnoredFields,
): Checked<readonly MessageBody[]> {
  const list = createMessageList();
  const ids = createCallIds(longestCallId);
  addSystem(list, system);
  for (const [index, { role, content }] of messages.entries()) {
    if (content.some(isUnreachable)) return reject("unsupported_feature", `messages[${index}].content`, unreachable);
    const misplaced = findMisplaced(role, content);
    if (misplaced !== -1) {
      const path = `messages[${index}].content[${misplaced}]`;
      const sentence = `the model's provider takes no ${content[misplaced]?.type} in a message of the ${role}`;
      return reject("unsupported_feature", path, sentence);
    }
    if (role === "system") addSystem(list, content.filter(isText));
    else if (role === "user") addUser(list, content, ids);
    else addAssistant(list, content, ids, ignored);
  }
  return { ok: true, value: list.close() };
}

const unreachable = "the model's provider fetches no documents; send the document itself, as base64";

/** A document by its address, in a message or in a tool's result. */
function isUnreachable(block: ContentBlock): boolean {
  if (block.type === "tool_result") return block.content.some(isUnreachable);
  return block.type === "document" && block.source.type === "url";
}

const placed: Readonly<Record<CallMessage["role"], ReadonlySet<ContentBlock["type"]>>> = {
  system: new Set(["text"]),
  user: new Set(["text", "image", "document", "tool_result"]),
  assistant: new Set(["text", "thinking", "redacted_thinking", "tool_call"]),
};

function findMisplaced(role: CallMessage["role"], content: readonly ContentBlock[]): number {
  return content.findIndex(({ type }) => !placed[role].has(type));
}

function addSystem(list: MessageList, blocks: readonly TextBlock[]): void {
  const texts = blocks.map(({ text }) => text).filter((text) => text !== "");
  if (texts.length > 0) list.add({ role: "system", content: texts.join("\n\n") });
}

function addUser(list: MessageList, content: readonly ContentBlock[], ids: CallIds): void {
  const parts: PartBody[] = [];
  for (const block of content) {
    if (block.type === "text") addText(parts, block.text);
    else if (block.type === "image" || block.type === "document") parts.push(encodeAttachment(block));
    else if (block.type === "tool_result") {
      const id = ids.toId(block.callId);
      list.add({ role: "tool", tool_call_id: id, content: encodeResultText(block) });
      for (const part of encodeResultAttachments(block, id)) parts.push(part);
    }
  }
  if (parts.length > 0) list.add({ role: "user", content: toContent(parts) });
}

/** Places in the text show where an image stood. */
function encodeResultText({ content, isError }: ToolResultBlock): string {
  const count = { image: 0, document: 0 };
  const texts = content.map((block) => {
    if (block.type === "text") return block.text;
    count[block.type] += 1;
    return `[${block.type} ${count[block.type]} of this result follows in the next message of the user]`;
  });
  return [...(isError ? ["[this tool call failed]"] : []), ...texts].join("\n");
}

function encodeResultAttachments({ content }: ToolResultBlock, id: string): readonly PartBody[] {
  return (["image", "document"] as const).flatMap((type) =>
    content
      .filter((block): block is ImageBlock | DocumentBlock => block.type === type)
      .flatMap((block, index) => [
        { type: "text", text: `[${type} ${index + 1} of the result of the tool call ${id}]` } as const,
        encodeAttachment(block),
      ]),
  );
}

function addAssistant(list: MessageList, content: readonly ContentBlock[], ids: CallIds, ignored: IgnoredFields): void {
  const parts: TextPartBody[] = [];
  const calls: ToolCallBody[] = [];
  for (const block of content) {
    if (block.type === "text") addText(parts, block.text);
    else if (block.type === "tool_call") {
      const { name, arguments: written } = block;
      const callable = { name, arguments: written === "" ? "{}" : written };
      calls.push({ id: ids.toId(block.id), type: "function", function: callable });
    } else ignored.add("thinking");
  }
  if (calls.length > 0) {
    list.add({ role: "assistant", content: parts.length > 0 ? toContent(parts) : null, tool_calls: calls });
  } else if (parts.length > 0) {
    list.add({ role: "assistant", content: toContent(parts) });
  }
}

function addText(parts: (PartBody | TextPartBody)[], text: string): void {
  if (text !== "") parts.push({ type: "text", text });
}

/** One text is sent as it is, since not every server takes a list. */
function toContent<Part extends PartBody>(parts: readonly Part[]): string | readonly Part[] {
  const [first] = parts;
  return parts.length === 1 && first?.type === "text" ? first.text : parts;
}

/** A file needs a name, which ends as its kind does. */
function encodeAttachment(block: ImageBlock | DocumentBlock): PartBody {
  const { source } = block;
  const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
  if (block.type === "image") return { type: "image_url", image_url: { url } };
  return { type: "file", file: { filename: block.title ?? "document.pdf", file_data: url } };
}

const isText = (block: ContentBlock): block is TextBlock => block.type === "text";
