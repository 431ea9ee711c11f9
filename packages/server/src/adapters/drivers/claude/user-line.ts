import type { Message } from "@gantry/contracts/completion";
import type { ContentBlock, DocumentBlock, ImageBlock } from "@gantry/contracts/content";

/** A content block of the Messages API, as the CLI's stream-json lines carry it. */
type WireBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" | "document"; readonly source: object; readonly title?: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: object }
  | {
      readonly type: "tool_result";
      readonly tool_use_id: string;
      readonly content: readonly WireBlock[];
      readonly is_error: boolean;
    };

/**
 * The line that carries a user's message. The CLI parses the last text block of a user line: `@/path` would read that
 * file into the prompt and `/word` run a command. So the content always ends with an empty text block, which the CLI
 * drops; what the client wrote reaches the model byte for byte. `client_composed` is the second lock of newer releases.
 * With `query` false the message only joins the history.
 */
export function toUserLine(message: Message, query: boolean): string {
  return JSON.stringify({
    type: "user",
    message: { role: "user", content: [...message.content.map(toWireBlock), { type: "text", text: "" }] },
    session_id: "",
    parent_tool_use_id: null,
    client_composed: true,
    ...(query ? {} : { shouldQuery: false }),
  });
}

/** The line that puts an assistant's earlier answer into the history. */
export function toAssistantLine(message: Message): string {
  return JSON.stringify({
    type: "assistant",
    message: { role: "assistant", content: toAssistantBlocks(message.content) },
    session_id: "",
    parent_tool_use_id: null,
  });
}

/** What the CLI itself writes for an empty answer. */
const placeholder = "(no content)";

/** Whether an assistant's text is one that the CLI takes for its own placeholder and leaves out of later model calls. */
export function isPlaceholder(text: string): boolean {
  return text.trim() === placeholder;
}

/** An assistant message that says nothing but the placeholder would be left out: cut in two blocks its text goes through. */
export function toAssistantBlocks(content: readonly ContentBlock[]): WireBlock[] {
  const [first, ...rest] = content.map(toWireBlock);
  if (first?.type !== "text" || !content.every((block) => block.type === "text" && isPlaceholder(block.text))) {
    return content.map(toWireBlock);
  }
  const middle = first.text.indexOf(placeholder) + 1;
  const halves = [first.text.slice(0, middle), first.text.slice(middle)];
  return [...halves.map((text): WireBlock => ({ type: "text", text })), ...rest];
}

/** The command that empties the conversation; the one user line that is meant to be parsed. */
export const clearLine = JSON.stringify({
  type: "user",
  message: { role: "user", content: "/clear" },
  session_id: "",
  parent_tool_use_id: null,
});

export function toWireBlock(block: ContentBlock): WireBlock {
  switch (block.type) {
    case "text":
      return { type: "text", text: block.text };
    case "image":
    case "document":
      return toSourceBlock(block);
    case "thinking":
      return { type: "thinking", thinking: block.text, signature: block.signature ?? "" };
    case "redacted_thinking":
      return { type: "redacted_thinking", data: block.data };
    case "tool_call":
      return { type: "tool_use", id: block.id, name: block.name, input: parseInput(block.arguments) };
    case "tool_result": {
      const { callId, content, isError } = block;
      return { type: "tool_result", tool_use_id: callId, content: content.map(toWireBlock), is_error: isError };
    }
  }
}

function toSourceBlock(block: ImageBlock | DocumentBlock): WireBlock {
  const { type, source } = block;
  const title = type === "document" && block.title !== undefined ? { title: block.title } : {};
  if (source.type === "url") return { type, source, ...title };
  return { type, source: { type: "base64", media_type: source.mediaType, data: source.data }, ...title };
}

/** What a model wrote may be no JSON object, which is all that the API takes. */
function parseInput(written: string): object {
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}
