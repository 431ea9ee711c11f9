import type { ContentBlock, TextBlock } from "@gantry/contracts/content";
import { checkShape, reject, rejectField, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { parseImageUrl } from "../images.ts";
import { parsePdf } from "../parse-pdf.ts";
import { partSchema, type ChatMessage, type ContentPart } from "./schema.ts";

const knownPartFields: Readonly<Record<ContentPart["type"], ReadonlySet<string>>> = {
  text: new Set(["type", "text"]),
  refusal: new Set(["type", "refusal"]),
  image_url: new Set(["type", "image_url"]),
  file: new Set(["type", "file"]),
  input_audio: new Set(),
};
const knownImageFields: ReadonlySet<string> = new Set(["url", "detail"]);
const knownFileFields: ReadonlySet<string> = new Set(["file_data", "file_id", "filename"]);

/** The vendor's bound of a document's title. */
const longestTitle = 500;

/** Whose content is decoded, and on which road. */
interface ContentScope {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly ignored: IgnoredFields;
  /** Large images do not reach the model as they are; see `images.ts`. */
  readonly shrinksImages: boolean;
}

/** The text of a message that can hold nothing else, in blocks; white space alone as in {@link decodeBlocks}. */
export function decodeTextBlocks(
  content: unknown,
  role: "system" | "tool",
  path: string,
  ignored: IgnoredFields,
): Checked<readonly TextBlock[]> {
  const blocks = decodeContent(content, { role, ignored, shrinksImages: false }, path);
  if (!blocks.ok) return blocks;
  return { ok: true, value: joinBlankTexts(blocks.value, `${path}.content`, ignored).filter(isText) };
}

const isText = (block: ContentBlock): block is TextBlock => block.type === "text";

/**
 * The blocks of a user or assistant message in order; none where the message says nothing. A text part of white space
 * alone is joined to the text beside it, since the Messages API refuses it as a block of its own.
 */
export function decodeBlocks(
  message: ChatMessage & { role: "user" | "assistant" },
  path: string,
  ignored: IgnoredFields,
  shrinksImages: boolean,
): Checked<readonly ContentBlock[]> {
  const spoken = message.role === "assistant" ? (message.content ?? "") : message.content;
  const content = decodeContent(spoken, { role: message.role, ignored, shrinksImages }, path);
  if (!content.ok) return content;
  const refusal = decodeText(message.role === "assistant" ? (message.refusal ?? "") : "", `${path}.refusal`);
  if (!refusal.ok) return refusal;
  return { ok: true, value: joinBlankTexts([...content.value, ...refusal.value], `${path}.content`, ignored) };
}

function decodeContent(content: unknown, scope: ContentScope, messagePath: string): Checked<readonly ContentBlock[]> {
  const path = `${messagePath}.content`;
  if (typeof content === "string") return decodeText(content, path);
  if (!Array.isArray(content)) return rejectField(path, "a string or an array of content parts", content);
  const blocks: ContentBlock[] = [];
  for (const [index, input] of content.entries()) {
    const part = decodePart(input, scope, `${path}[${index}]`);
    if (!part.ok) return part;
    for (const block of part.value) blocks.push(block);
  }
  return { ok: true, value: blocks };
}

function decodePart(input: unknown, scope: ContentScope, path: string): Checked<readonly ContentBlock[]> {
  const { role, ignored } = scope;
  const checked = checkShape(partSchema, input, path);
  if (!checked.ok) return checked;
  const part = checked.value;
  if (typeof input === "object" && input !== null)
    reportUnknownFields(input, knownPartFields[part.type], path, ignored);
  switch (part.type) {
    case "text":
      return decodeText(part.text, `${path}.text`);
    case "refusal":
      return role === "assistant"
        ? decodeText(part.refusal, `${path}.refusal`)
        : rejectField(`${path}.type`, `a part that a message of role ${role} can have`, part.type);
    case "image_url":
      return role === "user"
        ? decodeImage(part.image_url, `${path}.image_url`, scope)
        : rejectField(`${path}.type`, `text, as images stand in messages of the user alone`, part.type);
    case "file":
      return role === "user"
        ? decodeFile(part.file, `${path}.file`, ignored)
        : rejectField(`${path}.type`, `text, as files stand in messages of the user alone`, part.type);
    case "input_audio":
      return reject("unsupported_feature", `${path}.type`, "parts of type input_audio are not served here");
  }
}

/** A lone surrogate has no UTF-8 form: it could not reach the model as it was written. NUL characters can. */
function decodeText(text: string, path: string): Checked<readonly ContentBlock[]> {
  if (text === "") return { ok: true, value: [] };
  if (text.isWellFormed()) return { ok: true, value: [{ type: "text", text }] };
  return reject("invalid_request", path, "expected well-formed Unicode, got a text with half a surrogate pair in it");
}

function decodeImage(
  image: { readonly url: string; readonly detail?: unknown },
  path: string,
  { ignored, shrinksImages }: ContentScope,
): Checked<readonly ContentBlock[]> {
  const parsed = parseImageUrl(image.url);
  if (!parsed.ok) return reject("invalid_image", `${path}.url`, parsed.problem);
  if (parsed.resized && shrinksImages) ignored.add(path, "resized");
  if (image.detail !== "auto" && image.detail !== null && image.detail !== undefined) ignored.add(`${path}.detail`);
  reportUnknownFields(image, knownImageFields, path, ignored);
  return { ok: true, value: [{ type: "image", source: parsed.source }] };
}

function decodeFile(
  file: Extract<ContentPart, { type: "file" }>["file"],
  path: string,
  ignored: IgnoredFields,
): Checked<readonly ContentBlock[]> {
  if (typeof file.file_id === "string") {
    const sentence = "uploaded files are not served here; send the PDF itself as a data: URL in file_data";
    return reject("unsupported_feature", `${path}.file_id`, sentence);
  }
  const title = file.filename ?? "";
  if (title.length > longestTitle || !title.isWellFormed()) {
    return rejectField(`${path}.filename`, `at most ${longestTitle} characters of well-formed Unicode`, title);
  }
  const parsed = parsePdf(file.file_data ?? "");
  if (!parsed.ok) return reject("invalid_request", `${path}.file_data`, parsed.problem);
  reportUnknownFields(file, knownFileFields, path, ignored);
  return { ok: true, value: [{ type: "document", source: parsed.source, ...(title.trim() !== "" && { title }) }] };
}

/**
 * Joins each text of white space alone to the text before it, or else to the one after it. Between images it has
 * neither: there it is left out and reported.
 */
function joinBlankTexts(
  blocks: readonly ContentBlock[],
  path: string,
  ignored: IgnoredFields,
): readonly ContentBlock[] {
  const joined: ContentBlock[] = [];
  let leading = "";
  for (const block of blocks) {
    const before = joined.at(-1);
    if (block.type !== "text") {
      if (leading !== "") ignored.add(path, "white-space");
      leading = "";
      joined.push(block);
    } else if (block.text.trim() !== "") {
      joined.push({ type: "text", text: leading + block.text });
      leading = "";
    } else if (before?.type === "text") {
      joined[joined.length - 1] = { type: "text", text: before.text + block.text };
    } else {
      leading += block.text;
    }
  }
  if (leading !== "" && joined.length > 0) ignored.add(path, "white-space");
  return joined;
}
