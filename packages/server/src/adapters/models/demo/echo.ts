import { createHash } from "node:crypto";
import { parseSource, parseToolResult, textsOf } from "./messages-request.ts";
import type { MediaSource, MessagesRequest, RequestBlock, RequestMessage } from "./messages-request.ts";

/** Fields that are shown as they came, where they came. */
const shownFields = [
  "model",
  "max_tokens",
  "temperature",
  "top_p",
  "stop_sequences",
  "tool_choice",
  "thinking",
  "metadata",
] as const;

/**
 * What reached the model, as one JSON object: `system` (its texts joined with nothing between) and `system_blocks` (each
 * text), `messages` with `role`, `text` (joined), `texts` (each) and, where there are any, `blocks` (a summary
 * of those that are not text, with their `index` in the content), `tools` (names), and the settings as they came.
 */
export function describeRequest(request: MessagesRequest): string {
  const systemTexts = textsOf(request.system);
  return JSON.stringify({
    system: systemTexts.join(""),
    system_blocks: systemTexts,
    messages: request.messages.map(describeMessage),
    tools: request.tools.map(({ name }) => name),
    ...Object.fromEntries(
      shownFields.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]),
    ),
  });
}

function describeMessage({ role, content }: RequestMessage): object {
  const texts = textsOf(content);
  const blocks = describeBlocks(content);
  return { role, text: texts.join(""), texts, ...(blocks.length > 0 && { blocks }) };
}

function describeBlocks(content: readonly RequestBlock[]): object[] {
  return content.flatMap((block, index) => (block.type === "text" ? [] : [{ index, ...describeBlock(block) }]));
}

/** Inline media become their size and digest; the content of a tool's result becomes text; all else is shown as it came. */
function describeBlock(block: RequestBlock): object {
  const source = parseSource(block);
  if (source) {
    const { source: _source, ...rest } = block;
    return { ...rest, ...describeSource(source) };
  }
  const result = parseToolResult(block);
  if (!result) return block;
  const blocks = describeBlocks(result.content);
  return { ...block, content: textsOf(result.content).join(""), ...(blocks.length > 0 && { blocks }) };
}

/** `bytes` and `sha256` (hexadecimal) are those of the decoded data. */
function describeSource({ type, data, ...rest }: MediaSource): object {
  if (data === undefined) return { source: type, ...rest };
  const bytes = Buffer.from(data, type === "base64" ? "base64" : "utf8");
  return { source: type, ...rest, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
