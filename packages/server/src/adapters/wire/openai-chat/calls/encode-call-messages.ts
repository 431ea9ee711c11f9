import type { ContentBlock, ImageBlock, TextBlock, ToolResultBlock } from "@gantry/contracts/content";
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
 * - each result of a tool becomes a message of its own, in text alone; its images follow in the user's message, each with
 *   the id of its call in front, and an error says in words that it is one;
 * - what the assistant thought is left out and named in `ignored`.
 *
 * An image said by the assistant or the system is a failure, since there is no place for it.
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

const placed: Readonly<Record<CallMessage["role"], ReadonlySet<ContentBlock["type"]>>> = {
  system: new Set(["text"]),
  user: new Set(["text", "image", "tool_result"]),
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
    else if (block.type === "image") parts.push(encodeImage(block));
    else if (block.type === "tool_result") {
      const id = ids.toId(block.callId);
      list.add({ role: "tool", tool_call_id: id, content: encodeResultText(block) });
      for (const part of encodeResultImages(block, id)) parts.push(part);
    }
  }
  if (parts.length > 0) list.add({ role: "user", content: toContent(parts) });
}

/** Places in the text show where an image stood. */
function encodeResultText({ content, isError }: ToolResultBlock): string {
  let images = 0;
  const texts = content.map((block) => {
    if (block.type === "text") return block.text;
    images += 1;
    return `[image ${images} of this result follows in the next message of the user]`;
  });
  return [...(isError ? ["[this tool call failed]"] : []), ...texts].join("\n");
}

function encodeResultImages({ content }: ToolResultBlock, id: string): readonly PartBody[] {
  const images = content.filter((block) => block.type === "image");
  return images.flatMap((image, index) => [
    { type: "text", text: `[image ${index + 1} of the result of the tool call ${id}]` } as const,
    encodeImage(image),
  ]);
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

function encodeImage({ source }: ImageBlock): PartBody {
  const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: "image_url", image_url: { url } };
}

const isText = (block: ContentBlock): block is TextBlock => block.type === "text";
