import type { DocumentBlock, ImageBlock, TextBlock } from "@gantry/contracts/content";

/** Inline data: base64, or bytes, which are sent as that. */
type Inline<Block extends ImageBlock | DocumentBlock> = Omit<Block, "source"> & {
  readonly source:
    | Exclude<Block["source"], { type: "base64" }>
    | (Omit<Extract<Block["source"], { type: "base64" }>, "data"> & { readonly data: string | Uint8Array });
};

/** A text, an image or a PDF; the latter two inline or by an https address, which the model's provider fetches. */
export type ChatPart = TextBlock | Inline<ImageBlock> | Inline<DocumentBlock>;

/** A call of a tool as the model wrote it; `arguments` is JSON, but where the model erred. */
export interface SentToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

export type ChatMessage =
  | { readonly role: "user"; readonly content: string | readonly ChatPart[] }
  | {
      readonly role: "assistant";
      readonly content: string | readonly TextBlock[];
      /** Each is answered by a message of role `tool` that follows. */
      readonly toolCalls?: readonly SentToolCall[];
    }
  | { readonly role: "tool"; readonly callId: string; readonly content: string };

/** A message in the shape of OpenAI's Chat Completions. */
export function toWireMessage(message: ChatMessage): object {
  const { role, content } = message;
  if (role === "tool") return { role, tool_call_id: message.callId, content };
  const parts = typeof content === "string" ? content : content.map(toPart);
  if (role === "user" || message.toolCalls === undefined || message.toolCalls.length === 0) {
    return { role, content: parts };
  }
  const calls = message.toolCalls.map(({ id, name, arguments: text }) => ({
    id,
    type: "function",
    function: { name, arguments: text },
  }));
  // A message that says nothing and calls.
  return { role, content: parts.length === 0 ? null : parts, tool_calls: calls };
}

function toPart(part: ChatPart): object {
  if (part.type === "text") return { type: "text", text: part.text };
  const { source } = part;
  const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${toBase64(source.data)}`;
  if (part.type === "image") return { type: "image_url", image_url: { url } };
  return { type: "file", file: { file_data: url, ...(part.title !== undefined && { filename: part.title }) } };
}

/** As many as a call takes arguments everywhere. */
const bytesAtOnce = 8192;

function toBase64(data: string | Uint8Array): string {
  if (typeof data === "string") return data;
  let text = "";
  for (let at = 0; at < data.length; at += bytesAtOnce) {
    text += String.fromCharCode(...data.subarray(at, at + bytesAtOnce));
  }
  return btoa(text);
}
