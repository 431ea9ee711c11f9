import type { ContentBlock, Message } from "@gantry/contracts/completion";

/** A content block of the Messages API, as the CLI's stream-json lines carry it. */
type WireBlock =
  | { type: "text"; text: string }
  | { type: "image"; source: { type: "base64"; media_type: string; data: string } | { type: "url"; url: string } };

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
  if (block.type === "text") return { type: "text", text: block.text };
  const { source } = block;
  return source.type === "url"
    ? { type: "image", source: { type: "url", url: source.url } }
    : { type: "image", source: { type: "base64", media_type: source.mediaType, data: source.data } };
}
