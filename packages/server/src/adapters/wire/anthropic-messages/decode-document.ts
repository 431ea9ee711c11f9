import type { ImageBlock, TextBlock } from "@gantry/contracts/content";
import { checkShape, reject, type Checked } from "../check-shape.ts";
import { reportUnknownFields, type IgnoredFields } from "../ignored-fields.ts";
import { documentSchema, searchResultSchema } from "./schema.ts";

type Parts = readonly (TextBlock | ImageBlock)[];
type DecodeParts = (content: unknown, place: "document", path: string, ignored: IgnoredFields) => Checked<Parts>;

const knownDocument: ReadonlySet<string> = new Set(["type", "source", "title", "context", "cache_control"]);
const knownSearchResult: ReadonlySet<string> = new Set(["type", "source", "title", "content", "cache_control"]);

/**
 * A document of text becomes the text itself, under its title and context. One of another kind (PDF, a file of the vendor)
 * cannot be carried, and leaving it out would change what is asked.
 */
export function decodeDocument(
  input: object,
  path: string,
  ignored: IgnoredFields,
  decodeParts: DecodeParts,
): Checked<Parts> {
  const checked = checkShape(documentSchema, input, path);
  if (!checked.ok) return checked;
  const { source, title, context } = checked.value;
  reportUnknownFields(input, knownDocument, path, ignored);
  if (source.type !== "text" && source.type !== "content") {
    return reject(
      "unsupported_feature",
      `${path}.source`,
      "documents other than plain text cannot be carried to this model",
    );
  }
  const [content, place] = source.type === "text" ? [source.data, "data"] : [source.content, "content"];
  const parts = decodeParts(content, "document", `${path}.source.${place}`, ignored);
  return parts.ok ? withHeading([title, context], parts.value, path) : parts;
}

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
  if (!text.isWellFormed()) return reject("invalid_request", path, "expected a title of well-formed Unicode");
  return { ok: true, value: [{ type: "text", text }, ...parts] };
}
