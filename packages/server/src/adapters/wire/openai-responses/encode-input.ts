import type { ImageBlock, TextBlock } from "@gantry/contracts/completion";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { CallBlock, CallMessage, ToolCallBlock, ToolResultBlock } from "@gantry/contracts/model-call";
import type { InputContent, InputItem } from "./request-body.ts";

export type EncodedInput =
  | { readonly ok: true; readonly items: InputItem[]; readonly ignored: readonly string[] }
  | { readonly ok: false; readonly failure: Failure };

/**
 * Lays the conversation out as the items of `input`, in its order: what is said becomes messages, calls and results of
 * tools stand beside them. Earlier thinking is left out and named: another vendor's seal means nothing here. A picture said
 * by the assistant is a failure, since the API has no place for it and the conversation would read otherwise without.
 */
export function encodeInput(messages: readonly CallMessage[]): EncodedInput {
  const items: InputItem[] = [];
  const ignored = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === "assistant") {
      const image = message.content.findIndex(({ type }) => type === "image");
      if (image !== -1) return rejectImage(`messages[${index}].content[${image}]`);
    }
    let said: (TextBlock | ImageBlock)[] = [];
    const closeMessage = () => {
      if (said.length > 0) items.push(encodeMessage(message.role, said));
      said = [];
    };
    for (const block of message.content) {
      if (block.type === "text" || block.type === "image") said.push(block);
      const item = encodeToolBlock(block);
      if (item !== undefined) {
        closeMessage();
        items.push(item);
      }
      const lost = nameLoss(block);
      if (lost !== undefined) ignored.add(lost);
    }
    closeMessage();
  }
  return { ok: true, items, ignored: [...ignored] };
}

/** The role `system` in mid-conversation is called `developer` by today's models, and taken under that name by all. */
function encodeMessage(role: CallMessage["role"], said: readonly (TextBlock | ImageBlock)[]): InputItem {
  if (role !== "assistant") {
    return { type: "message", role: role === "system" ? "developer" : "user", content: said.map(encodeContent) };
  }
  const content = said.map((block) => (block.type === "text" ? block.text : "")).join("");
  return { type: "message", role, content };
}

function encodeToolBlock(block: CallBlock): InputItem | undefined {
  if (block.type === "tool_call") return encodeToolCall(block);
  return block.type === "tool_result" ? encodeToolResult(block) : undefined;
}

/** A call without arguments is written as an empty object, since the field must hold JSON. */
function encodeToolCall({ id, name, arguments: written }: ToolCallBlock): InputItem {
  return { type: "function_call", call_id: id, name, arguments: written === "" ? "{}" : written };
}

/** One text is sent as it is, since not every server takes a list. */
function encodeToolResult({ callId, content }: ToolResultBlock): InputItem {
  const [first] = content;
  const single = content.length === 0 ? "" : content.length === 1 && first?.type === "text" ? first.text : undefined;
  return { type: "function_call_output", call_id: callId, output: single ?? content.map(encodeContent) };
}

function encodeContent(block: TextBlock | ImageBlock): InputContent {
  if (block.type === "text") return { type: "input_text", text: block.text };
  const { source } = block;
  const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: "input_image", image_url: url, detail: "auto" };
}

function nameLoss(block: CallBlock): string | undefined {
  if (block.type === "thinking" || block.type === "redacted_thinking") return "messages.thinking";
  // The result's own text says what went wrong; the API has no flag for it.
  return block.type === "tool_result" && block.isError ? "tool_result.is_error" : undefined;
}

function rejectImage(param: string): EncodedInput {
  const sentence = `${param}: the model's API takes no image in a message of the assistant`;
  return { ok: false, failure: toFailure("unsupported_feature", sentence, { param }) };
}
