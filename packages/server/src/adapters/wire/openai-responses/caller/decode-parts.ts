import type { DocumentBlock, ImageBlock, TextBlock } from "@gantry/contracts/content";
import { checkShape, isRecord, reject, rejectField, type Checked } from "../../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../../ignored-fields.ts";
import { parseImageUrl } from "../../images.ts";
import { parsePdf, parsePdfUrl, type ParsedPdf } from "../../parse-pdf.ts";
import { filePartSchema, imagePartSchema, partSchema, refusalPartSchema, textPartSchema } from "./item-schema.ts";

export type Part = TextBlock | ImageBlock | DocumentBlock;

/** Where parts stand: texts may stand everywhere, images and files only in what the user and the tools say. */
export type PartPlace = "user" | "assistant" | "system" | "tool";

type PartDecoder = (input: object, path: string, ignored: IgnoredFields) => Checked<readonly Part[]>;

const spoken: readonly (readonly [string, PartDecoder])[] = [
  ["input_text", decodeTextPart],
  ["output_text", decodeTextPart],
];
const shown: readonly (readonly [string, PartDecoder])[] = [
  ["input_image", decodeImagePart],
  ["input_file", decodeFilePart],
];

const decoders: Readonly<Record<PartPlace, ReadonlyMap<string, PartDecoder>>> = {
  user: new Map([...spoken, ...shown]),
  tool: new Map([...spoken, ...shown]),
  assistant: new Map([...spoken, ["refusal", decodeRefusalPart] as const]),
  system: new Map(spoken),
};

/** The blocks of a string or a list of parts, in order and without empty texts. */
export function decodeParts(
  content: string | readonly unknown[],
  place: PartPlace,
  path: string,
  ignored: IgnoredFields,
): Checked<readonly Part[]> {
  if (typeof content === "string") return decodeText(content, path);
  const blocks: Part[] = [];
  for (const [index, input] of content.entries()) {
    const part = decodePart(input, place, `${path}[${index}]`, ignored);
    if (!part.ok) return part;
    for (const block of part.value) blocks.push(block);
  }
  return { ok: true, value: blocks };
}

function decodePart(input: unknown, place: PartPlace, path: string, ignored: IgnoredFields): Checked<readonly Part[]> {
  const typed = checkShape(partSchema, input, path);
  if (!typed.ok) return typed;
  const { type } = typed.value;
  const decode = decoders[place].get(type);
  if (decode !== undefined && isRecord(input)) return decode(input, path, ignored);
  if (type === "input_audio") return reject("unsupported_feature", `${path}.type`, "spoken input is not served here");
  return rejectField(`${path}.type`, `one of ${[...decoders[place].keys()].join(", ")}`, type);
}

/** A lone surrogate has no UTF-8 form: it could not reach the model as it was written. */
function decodeText(text: string, path: string): Checked<readonly TextBlock[]> {
  if (text === "") return { ok: true, value: [] };
  if (text.isWellFormed()) return { ok: true, value: [{ type: "text", text }] };
  return reject("invalid_request", path, "expected well-formed Unicode, got a text with half a surrogate pair in it");
}

/** Annotations and the like come back with every answer, and are shown to no model. */
const knownText: ReadonlySet<string> = new Set(["type", "text", "annotations", "logprobs", "prompt_cache_breakpoint"]);

function decodeTextPart(input: object, path: string, ignored: IgnoredFields): Checked<readonly Part[]> {
  const checked = checkShape(textPartSchema, input, path);
  if (!checked.ok) return checked;
  reportUnknownFields(input, knownText, path, ignored);
  return decodeText(checked.value.text, `${path}.text`);
}

function decodeRefusalPart(input: object, path: string): Checked<readonly Part[]> {
  const checked = checkShape(refusalPartSchema, input, path);
  return checked.ok ? decodeText(checked.value.refusal, `${path}.refusal`) : checked;
}

const knownImage: ReadonlySet<string> = new Set(["type", "image_url", "file_id", "detail", "prompt_cache_breakpoint"]);

function decodeImagePart(input: object, path: string, ignored: IgnoredFields): Checked<readonly Part[]> {
  const checked = checkShape(imagePartSchema, input, path);
  if (!checked.ok) return checked;
  const { image_url: url, file_id: fileId, detail } = checked.value;
  if (typeof url !== "string") return refuseFileId(fileId, `${path}.file_id`, `${path}.image_url`);
  const parsed = parseImageUrl(url);
  if (!parsed.ok) return reject("invalid_image", `${path}.image_url`, parsed.problem);
  if (parsed.resized) ignored.add(`${path}.image_url`, "resized");
  if (detail !== undefined && detail !== null && detail !== "auto") ignored.add(`${path}.detail`);
  reportUnknownFields(input, knownImage, path, ignored);
  return { ok: true, value: [{ type: "image", source: parsed.source }] };
}

const knownFile: ReadonlySet<string> = new Set([
  "type",
  "file_data",
  "file_url",
  "file_id",
  "filename",
  "prompt_cache_breakpoint",
]);

function decodeFilePart(input: object, path: string, ignored: IgnoredFields): Checked<readonly Part[]> {
  const checked = checkShape(filePartSchema, input, path);
  if (!checked.ok) return checked;
  const { file_data: data, file_url: url, file_id: fileId, filename } = checked.value;
  let parsed: ParsedPdf;
  if (typeof data === "string") parsed = parsePdf(data);
  else if (typeof url === "string") parsed = parsePdfUrl(url);
  else return refuseFileId(fileId, `${path}.file_id`, `${path}.file_data`);
  const field = typeof data === "string" ? "file_data" : "file_url";
  if (!parsed.ok) return reject("invalid_request", `${path}.${field}`, parsed.problem);
  if (typeof filename === "string" && !filename.isWellFormed()) {
    return reject("invalid_request", `${path}.filename`, "expected a name of well-formed Unicode");
  }
  reportUnknownFields(input, knownFile, path, ignored);
  return {
    ok: true,
    value: [{ type: "document", source: parsed.source, ...(filename && { title: filename }) }],
  };
}

function refuseFileId(fileId: unknown, path: string, instead: string): Checked<never> {
  return fileId === undefined || fileId === null
    ? rejectField(instead, "a string", undefined)
    : reject("unsupported_feature", path, "files of the vendor are not served here; send the data itself");
}
