import type { ContentBlock, TextBlock, ToolResultBlock } from "@gantry/contracts/content";
import { checkShape, reject, rejectField, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { decodeDocument, decodeSearchResult } from "./decode-document.ts";
import { decodeImage } from "./decode-image.ts";
import { isDeep } from "../is-deep.ts";
import {
  redactedThinkingSchema,
  textSchema,
  thinkingBlockSchema,
  toolReferenceSchema,
  toolResultSchema,
  toolUseSchema,
  typedSchema,
} from "./schema.ts";

/** Where a list of blocks stands. */
export type BlockPlace = "user" | "assistant" | "system" | "tool_result" | "document";

type BlockDecoder = (input: object, path: string, ignored: IgnoredFields) => Checked<readonly ContentBlock[]>;
/** What a tool's result may hold. */
type ResultPart = ToolResultBlock["content"][number];
type PartDecoder = (input: object, path: string, ignored: IgnoredFields) => Checked<readonly ResultPart[]>;

/** `cache_control` says what the vendor is to keep for later calls; it changes no answer, and is left out in silence. */
const always = ["type", "cache_control"];

const partDecoders: ReadonlyMap<string, PartDecoder> = new Map<string, PartDecoder>([
  ["text", decodeText],
  ["image", decodeImage],
  ["document", (input, path, ignored) => decodeDocument(input, path, ignored, decodeParts)],
  ["search_result", (input, path, ignored) => decodeSearchResult(input, path, ignored, decodeParts)],
]);

const decoders: Readonly<Record<BlockPlace, ReadonlyMap<string, BlockDecoder>>> = {
  user: new Map<string, BlockDecoder>([...partDecoders, ["tool_result", decodeToolResult]]),
  assistant: new Map<string, BlockDecoder>([
    ["text", decodeText],
    ["thinking", decodeThinking],
    ["redacted_thinking", decodeRedactedThinking],
    ["tool_use", decodeToolUse],
    // Marks where another model went on; the vendor shows it to no model.
    ["fallback", () => ({ ok: true, value: [] })],
  ]),
  system: new Map([["text", decodeText]]),
  tool_result: new Map(partDecoders).set("tool_reference", decodeToolReference),
  document: new Map<string, BlockDecoder>([
    ["text", decodeText],
    ["image", decodeImage],
  ]),
};

/** The blocks of a string or a list of blocks, in order and without empty texts. */
export function decodeBlocks(
  content: unknown,
  place: BlockPlace,
  path: string,
  ignored: IgnoredFields,
): Checked<readonly ContentBlock[]> {
  if (typeof content === "string") return decodeText({ text: content }, path, ignored);
  if (!Array.isArray(content)) return rejectField(path, "a string or an array of content blocks", content);
  const blocks: ContentBlock[] = [];
  for (const [index, input] of content.entries()) {
    const decoded = decodeBlock(input, place, `${path}.${index}`, ignored);
    if (!decoded.ok) return decoded;
    for (const block of decoded.value) blocks.push(block);
  }
  return { ok: true, value: blocks };
}

/** As {@link decodeBlocks}, where only texts, images and documents may stand. */
function decodeParts(
  content: unknown,
  place: "tool_result" | "document",
  path: string,
  ignored: IgnoredFields,
): Checked<readonly ResultPart[]> {
  const blocks = decodeBlocks(content, place, path, ignored);
  if (!blocks.ok) return blocks;
  return { ok: true, value: blocks.value.filter(isResultPart) };
}

function isResultPart(block: ContentBlock): block is ResultPart {
  return block.type === "text" || block.type === "image" || block.type === "document";
}

function decodeBlock(
  input: unknown,
  place: BlockPlace,
  path: string,
  ignored: IgnoredFields,
): Checked<readonly ContentBlock[]> {
  const typed = checkShape(typedSchema, input, path);
  if (!typed.ok) return typed;
  const { type } = typed.value;
  const decode = decoders[place].get(type);
  if (decode !== undefined && typeof input === "object" && input !== null) return decode(input, path, ignored);
  const elsewhere = Object.values(decoders).some((known) => known.has(type));
  return elsewhere
    ? rejectField(`${path}.type`, `a block that can stand in ${placeNames[place]}`, type)
    : reject(
        "unsupported_feature",
        `${path}.type`,
        `blocks of this type cannot be carried to this model: ${cut(type)}`,
      );
}

const placeNames: Readonly<Record<BlockPlace, string>> = {
  user: "a message of the user",
  assistant: "a message of the assistant",
  system: "the system prompt",
  tool_result: "a tool's result",
  document: "a document",
};

const cut = (text: string) => JSON.stringify(text.slice(0, 64));

/** Citations name the sources of what the assistant said, and are shown to no model. */
const knownText: ReadonlySet<string> = new Set([...always, "text", "citations"]);

/** A lone surrogate has no UTF-8 form: it could not reach the model as it was written. */
function decodeText(input: object, path: string, ignored: IgnoredFields): Checked<readonly TextBlock[]> {
  const checked = checkShape(textSchema, input, path);
  if (!checked.ok) return checked;
  const { text } = checked.value;
  if (!text.isWellFormed()) {
    return reject("invalid_request", path, "expected well-formed Unicode, got a text with half a surrogate pair in it");
  }
  reportUnknownFields(input, knownText, path, ignored);
  return { ok: true, value: text === "" ? [] : [{ type: "text", text }] };
}

/** Models of other vendors give no signature; their thinking comes back with an empty one. */
function decodeThinking(input: object, path: string): Checked<readonly ContentBlock[]> {
  const checked = checkShape(thinkingBlockSchema, input, path);
  if (!checked.ok) return checked;
  const { thinking: text, signature } = checked.value;
  if (text === "" && !signature) return { ok: true, value: [] };
  return { ok: true, value: [{ type: "thinking", text, ...(signature && { signature }) }] };
}

function decodeRedactedThinking(input: object, path: string): Checked<readonly ContentBlock[]> {
  const checked = checkShape(redactedThinkingSchema, input, path);
  return checked.ok ? { ok: true, value: [{ type: "redacted_thinking", data: checked.value.data }] } : checked;
}

const knownToolUse: ReadonlySet<string> = new Set([...always, "id", "name", "input", "caller"]);

function decodeToolUse(input: object, path: string, ignored: IgnoredFields): Checked<readonly ContentBlock[]> {
  const checked = checkShape(toolUseSchema, input, path);
  if (!checked.ok) return checked;
  const { id, name, input: given } = checked.value;
  if (isDeep(given)) return reject("invalid_request", `${path}.input`, "the object is nested too deeply");
  reportUnknownFields(input, knownToolUse, path, ignored);
  const written = typeof given === "string" ? given : JSON.stringify(given);
  return { ok: true, value: [{ type: "tool_call", id, name, arguments: written }] };
}

const knownToolResult: ReadonlySet<string> = new Set([...always, "tool_use_id", "content", "is_error"]);

function decodeToolResult(input: object, path: string, ignored: IgnoredFields): Checked<readonly ToolResultBlock[]> {
  const checked = checkShape(toolResultSchema, input, path);
  if (!checked.ok) return checked;
  const { tool_use_id: callId, content = [], is_error: isError } = checked.value;
  const parts = decodeParts(content ?? [], "tool_result", `${path}.content`, ignored);
  if (!parts.ok) return parts;
  reportUnknownFields(input, knownToolResult, path, ignored);
  return { ok: true, value: [{ type: "tool_result", callId, content: parts.value, isError: isError ?? false }] };
}

/**
 * The CLI's search for tools answers with the names of those it found, whose definitions the vendor then shows to the model.
 * Other vendors have no tools that wait: theirs are all shown from the start, and the name is all there is to tell.
 */
function decodeToolReference(input: object, path: string): Checked<readonly TextBlock[]> {
  const checked = checkShape(toolReferenceSchema, input, path);
  if (!checked.ok) return checked;
  return { ok: true, value: [{ type: "text", text: `Tool loaded: ${checked.value.tool_name}` }] };
}
