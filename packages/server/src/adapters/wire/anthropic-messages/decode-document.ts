import type { DocumentBlock, ImageBlock, TextBlock } from "@gantry/contracts/content";
import { checkFetchedUrl } from "../check-fetched-url.ts";
import { checkShape, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { parsePdf } from "../parse-pdf.ts";
import { documentSchema, searchResultSchema } from "./schema.ts";

type Parts = readonly (TextBlock | ImageBlock | DocumentBlock)[];
type DecodeParts = (content: unknown, place: "document", path: string, ignored: IgnoredFields) => Checked<Parts>;

const knownDocument: ReadonlySet<string> = new Set([
  "type",
  "source",
  "title",
  "context",
  "citations",
  "cache_control",
]);
const knownSearchResult: ReadonlySet<string> = new Set(["type", "source", "title", "content", "cache_control"]);

/**
 * A document of text becomes the text itself, under its title and context; a PDF keeps its title, and its context stands before it. No source is
 * cited. A file of the vendor cannot be carried, and leaving it out would change what is asked.
 */
export function decodeDocument(
  input: object,
  path: string,
  ignored: IgnoredFields,
  decodeParts: DecodeParts,
): Checked<Parts> {
  const checked = checkShape(documentSchema, input, path);
  if (!checked.ok) return checked;
  const { source, title, context, citations } = checked.value;
  reportUnknownFields(input, knownDocument, path, ignored);
  if (citations?.enabled === true) ignored.add(`${path}.citations`);
  if (source.type === "file") {
    const sentence = "files of the vendor cannot be carried to this model; send the file itself, as base64 or as text";
    return reject("unsupported_feature", `${path}.source`, sentence);
  }
  if (source.type === "base64" || source.type === "url") {
    const pdf = decodePdf(source, `${path}.source`);
    if (!pdf.ok) return pdf;
    if (title?.isWellFormed() === false) return reject("invalid_request", path, illFormedTitle);
    return withHeading([context], [{ type: "document", source: pdf.value, ...(title && { title }) }], path);
  }
  const [content, place] = source.type === "text" ? [source.data, "data"] : [source.content, "content"];
  const parts = decodeParts(content, "document", `${path}.source.${place}`, ignored);
  return parts.ok ? withHeading([title, context], parts.value, path) : parts;
}

type PdfSource = { readonly type: "base64"; readonly data: string } | { readonly type: "url"; readonly url: string };

function decodePdf(source: PdfSource, path: string): Checked<DocumentBlock["source"]> {
  if (source.type === "url") {
    const problem = checkFetchedUrl(source.url);
    return problem === undefined ? { ok: true, value: source } : reject("invalid_request", `${path}.url`, problem);
  }
  if (source.data.includes(":")) return reject("invalid_request", `${path}.data`, "expected base64 without a prefix");
  const parsed = parsePdf(source.data);
  return parsed.ok ? { ok: true, value: parsed.source } : reject("invalid_request", `${path}.data`, parsed.problem);
}

const illFormedTitle = "expected a title of well-formed Unicode";

/** A search result becomes its text, under its title and where it was found. */
export function decodeSearchResult(
  input: object,
  path: string,
  ignored: IgnoredFields,
  decodeParts: DecodeParts,
): Checked<Parts> {
  const checked = checkShape(searchResultSchema, input, path);
  if (!checked.ok) return checked;
  const { title, source, content } = checked.value;
  reportUnknownFields(input, knownSearchResult, path, ignored);
  const parts = decodeParts(content, "document", `${path}.content`, ignored);
  return parts.ok ? withHeading([title, source], parts.value, path) : parts;
}

function withHeading(lines: readonly (string | null | undefined)[], parts: Parts, path: string): Checked<Parts> {
  const text = lines.filter((line) => typeof line === "string" && line !== "").join("\n");
  if (text === "") return { ok: true, value: parts };
  if (!text.isWellFormed()) return reject("invalid_request", path, illFormedTitle);
  return { ok: true, value: [{ type: "text", text }, ...parts] };
}
