import type { ContentBlock, DocumentBlock, ImageBlock, TextBlock, ToolCallBlock } from "@gantry/contracts/content";
import { reject, type Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";
import { parseArguments } from "./arguments.ts";

/** Texts, images and documents. The vendor refuses texts of white space alone. */
export function encodeBlocks(
  blocks: readonly (TextBlock | ImageBlock | DocumentBlock)[],
  ignored: IgnoredFields,
): object[] {
  return blocks.flatMap((block) => {
    if (block.type === "text") return encodeText(block, ignored);
    const { type, source } = block;
    const title = type === "document" && block.title !== undefined ? { title: block.title } : {};
    return [{ type, source: encodeSource(source), ...title }];
  });
}

/** Any block of a message. A call whose arguments are no JSON object is a failure: the vendor has no form for it. */
export function encodeBlock(block: ContentBlock, ignored: IgnoredFields): Checked<readonly object[]> {
  switch (block.type) {
    case "text":
    case "image":
    case "document":
      return { ok: true, value: encodeBlocks([block], ignored) };
    case "thinking":
      if (block.signature !== undefined) {
        return { ok: true, value: [{ type: "thinking", thinking: block.text, signature: block.signature }] };
      }
      // The vendor takes back its own thinking alone.
      ignored.add("thinking", "without-signature");
      return { ok: true, value: [] };
    case "redacted_thinking":
      return { ok: true, value: [{ type: "redacted_thinking", data: block.data }] };
    case "tool_call":
      return encodeToolCall(block);
    case "tool_result": {
      const content = encodeBlocks(block.content, ignored);
      const result = {
        type: "tool_result",
        tool_use_id: encodeCallId(block.callId),
        ...(content.length > 0 && { content }),
        ...(block.isError && { is_error: true }),
      };
      return { ok: true, value: [result] };
    }
  }
}

function encodeText({ text }: TextBlock, ignored: IgnoredFields): object[] {
  if (text.trim() !== "") return [{ type: "text", text }];
  if (text !== "") ignored.add("messages", "white-space");
  return [];
}

function encodeSource(source: (ImageBlock | DocumentBlock)["source"]): object {
  return source.type === "url" ? source : { type: "base64", media_type: source.mediaType, data: source.data };
}

function encodeToolCall({ id, name, arguments: written }: ToolCallBlock): Checked<readonly object[]> {
  const input = parseArguments(written);
  if (input === undefined) {
    return reject(
      "invalid_request",
      "messages",
      `the arguments of the tool call ${JSON.stringify(id.slice(0, 64))} are no JSON object, as this model needs them`,
    );
  }
  return { ok: true, value: [{ type: "tool_use", id: encodeCallId(id), name, input }] };
}

/** The vendor takes letters, digits, _ and - alone; some models write ids such as `functions.read:0`. */
function encodeCallId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, (character) => `_${character.charCodeAt(0).toString(16)}`);
}
