import type { DocumentBlock } from "@gantry/contracts/content";

export type ParsedPdf =
  | { readonly ok: true; readonly source: DocumentBlock["source"] }
  | {
      readonly ok: false;
      /** What was expected and what came, to be put behind the field's name. */
      readonly problem: string;
    };

const longestHead = 200;
/** How every PDF begins, `%PDF-`, as base64. */
const firstBase64 = "JVBERi";
const accepted = "a PDF as base64 or as data:application/pdf;base64,<data>";

/** Reads the data of a file part: base64 of a PDF, with or without the head of a data URL. */
export function parsePdfData(data: string): ParsedPdf {
  const isUrl = /^data:/i.test(data);
  const comma = isUrl ? data.slice(0, longestHead).indexOf(",") : -1;
  if (isUrl) {
    const head = data.slice(0, Math.max(comma, 0));
    if (!/^data:application\/pdf\s*;(.*;)?\s*base64\s*$/i.test(head)) {
      return { ok: false, problem: `expected ${accepted}, got a data: URL of another kind` };
    }
  }
  const text = data.slice(comma + 1);
  const base64 = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  if (!base64.startsWith(firstBase64)) return { ok: false, problem: `expected ${accepted}, got something else` };
  // Node skips what is not base64; only the way back shows whether it had to.
  if (Buffer.from(base64, "base64").toString("base64") !== base64) {
    return { ok: false, problem: `expected ${accepted}, got text that is not valid base64` };
  }
  return { ok: true, source: { type: "base64", mediaType: "application/pdf", data: base64 } };
}

/** Reads the address of a file: only https is fetched by the vendors. */
export function parseFileUrl(url: string): ParsedPdf {
  return /^https:\/\/\S+$/i.test(url) && url.isWellFormed() && URL.canParse(url)
    ? { ok: true, source: { type: "url", url } }
    : { ok: false, problem: "expected a valid https: URL without white space" };
}
