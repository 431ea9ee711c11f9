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
      readonly is_error?: true;
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

/** The line that puts an assistant's earlier answer into the history. Undefined where there is nothing that the model takes back. */
export function toAssistantLine({ content }: Message, id: string, model: string): string | undefined {
  const blocks = toAssistantBlocks(content);
  if (blocks.length === 0) return undefined;
  return JSON.stringify({
    type: "assistant",
    message: toAssistantEnvelope(id, model, blocks),
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

/**
 * An assistant message that says nothing but the placeholder would be left out: cut in two blocks its text goes through.
 * Thoughts go back with their seal alone: without it the vendor's API refuses them.
 */
export function toAssistantBlocks(content: readonly ContentBlock[]): WireBlock[] {
  const blocks = content.filter((block) => block.type !== "thinking" || isSigned(block)).map(toWireBlock);
  const [first, ...rest] = blocks;
  if (first?.type !== "text" || !blocks.every((block) => block.type === "text" && isPlaceholder(block.text))) {
    return blocks;
  }
  const middle = first.text.indexOf(placeholder) + 1;
  const halves = [first.text.slice(0, middle), first.text.slice(middle)];
  return [...halves.map((text): WireBlock => ({ type: "text", text })), ...rest];
}

/**
 * An answer of the Messages API around the blocks. The CLI joins messages of one id, and drops the thoughts of another
 * model; 2.1.197 exits in silence where a transcript's row has none of this.
 */
export function toAssistantEnvelope(id: string, model: string, content: readonly WireBlock[]): object {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason: content.some(({ type }) => type === "tool_use") ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
}

/** Whether the block is a thought that the vendor's API takes back. */
export function isSigned(block: ContentBlock | undefined): boolean {
  return block?.type === "redacted_thinking" || (block?.type === "thinking" && (block.signature ?? "") !== "");
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
      const error = isError ? { is_error: true as const } : {};
      return { type: "tool_result", tool_use_id: callId, content: content.map(toWireBlock), ...error };
    }
  }
}

function toSourceBlock(block: ImageBlock | DocumentBlock): WireBlock {
  const { type, source } = block;
  const title = type === "document" && block.title !== undefined ? { title: block.title } : {};
  if (source.type === "url") return { type, source, ...title };
  return { type, source: { type: "base64", media_type: source.mediaType, data: source.data }, ...title };
}

/** What a model wrote may be no JSON object, which is all that the API takes, or be nested deeper than a line can be. */
function parseInput(written: string): object {
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
    JSON.stringify(value);
    return value;
  } catch {
    return {};
  }
}
