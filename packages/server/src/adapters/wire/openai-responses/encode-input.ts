import type { ContentBlock, DocumentBlock, ImageBlock, TextBlock, ToolResultBlock } from "@gantry/contracts/content";
import type { CallMessage } from "@gantry/contracts/model-call";
import { reject, type Checked } from "../check-shape.ts";
import type { IgnoredFields } from "../ignored-fields.ts";
import type { InputContent, InputItem } from "./request-body.ts";
import { toBoundedName } from "./to-bounded-name.ts";

/**
 * Lays the conversation out as the items of `input`, in its order: what is said becomes messages, calls and results of
 * tools stand beside them. What the assistant thought is left out and named in `ignored`. An image or a document said by the assistant is a
 * failure, since the API has no place for it and the conversation would read otherwise without.
 */
export function encodeInput(messages: readonly CallMessage[], ignored: IgnoredFields): Checked<InputItem[]> {
  const items: InputItem[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const misplaced =
      role === "assistant" ? content.findIndex(({ type }) => type === "image" || type === "document") : -1;
    if (misplaced !== -1) {
      const sentence = `the model's provider takes no ${content[misplaced]?.type} in a message of the assistant`;
      return reject("unsupported_feature", `messages[${index}].content[${misplaced}]`, sentence);
    }
    items.push(...encodeMessage(role, content, ignored));
  }
  return { ok: true, value: items };
}

type SaidBlock = TextBlock | ImageBlock | DocumentBlock;

function encodeMessage(
  role: CallMessage["role"],
  content: readonly ContentBlock[],
  ignored: IgnoredFields,
): readonly InputItem[] {
  const items: InputItem[] = [];
  let said: SaidBlock[] = [];
  const closeSaid = () => {
    if (said.length > 0) items.push(encodeSaid(role, said));
    said = [];
  };
  for (const block of content) {
    switch (block.type) {
      case "text":
        if (block.text !== "") said.push(block);
        break;
      case "image":
      case "document":
        said.push(block);
        break;
      case "tool_call": {
        closeSaid();
        // The field must hold JSON, also where a call has no arguments.
        const written = block.arguments === "" ? "{}" : block.arguments;
        items.push({ type: "function_call", call_id: toBoundedName(block.id), name: block.name, arguments: written });
        break;
      }
      case "tool_result":
        closeSaid();
        items.push(encodeToolResult(block));
        break;
      case "thinking":
      case "redacted_thinking":
        ignored.add("thinking");
    }
  }
  closeSaid();
  return items;
}

/** The role `system` in mid-conversation is called `developer` by today's models, and taken under that name by all. */
function encodeSaid(role: CallMessage["role"], said: readonly SaidBlock[]): InputItem {
  if (role !== "assistant") {
    return { type: "message", role: role === "system" ? "developer" : "user", content: said.map(encodeContent) };
  }
  return { type: "message", role, content: said.map((block) => (block.type === "text" ? block.text : "")).join("") };
}

/** The API has no mark for an error, so that words say it. Text alone is sent as a string: not every server takes a list. */
function encodeToolResult({ callId, content, isError }: ToolResultBlock): InputItem {
  const told: readonly SaidBlock[] = isError
    ? [{ type: "text", text: "[this tool call failed]" }, ...content]
    : content;
  const texts = told.flatMap((block) => (block.type === "text" ? [block.text] : []));
  const output = texts.length === told.length ? texts.join("\n") : told.map(encodeContent);
  return { type: "function_call_output", call_id: toBoundedName(callId), output };
}

function encodeContent(block: SaidBlock): InputContent {
  if (block.type === "text") return { type: "input_text", text: block.text };
  if (block.type === "document") return encodeDocument(block);
  const { source } = block;
  const url = source.type === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
  return { type: "input_image", image_url: url, detail: "auto" };
}

/** A file needs a name, which ends as its kind does. */
function encodeDocument({ source, title = "document.pdf" }: DocumentBlock): InputContent {
  if (source.type === "url") return { type: "input_file", file_url: source.url };
  return { type: "input_file", filename: title, file_data: `data:${source.mediaType};base64,${source.data}` };
}
