import type { DocumentBlock } from "@gantry/contracts/content";
import { checkFetchedUrl } from "./check-fetched-url.ts";

export type ParsedPdf =
  | { readonly ok: true; readonly source: DocumentBlock["source"] }
  | {
      readonly ok: false;
      /** What was expected and what came, to be put behind the field's name. */
      readonly problem: string;
    };

/** The Messages API takes requests of 32 MB, of which base64 takes a third more than the bytes. */
const maximumBytes = 24 * 1024 * 1024;
const accepted = "a data: URL or base64 of a PDF, or an https: URL";
const longestDataUrlHead = 200;
/** Readers look for the mark of a PDF no further than this. */
const longestPreamble = 1024;

/**
 * Reads the `file_data` of a file part: a base64 data URL, base64 without the prefix, or an https address, which is passed
 * on unopened. The bytes decide whether it is a PDF, whatever was declared.
 */
export function parsePdf(data: string): ParsedPdf {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]{0,30}):/.exec(data)?.[1]?.toLowerCase();
  if (scheme === undefined) return parseBase64(data);
  if (scheme === "data") {
    const comma = data.slice(0, longestDataUrlHead).indexOf(",");
    const head = data.slice(0, Math.max(comma, 0));
    return /;\s*base64\s*$/i.test(head)
      ? parseBase64(data.slice(comma + 1))
      : fail("expected data:application/pdf;base64,<data>, got a data: URL that is not declared as base64");
  }
  return scheme === "https" ? parsePdfUrl(data) : fail(`expected ${accepted}, got the scheme ${scheme}:`);
}

/** Reads the address of a file, which is passed on unopened. */
export function parsePdfUrl(url: string): ParsedPdf {
  const problem = checkFetchedUrl(url);
  return problem === undefined ? { ok: true, source: { type: "url", url } } : fail(problem);
}

function parseBase64(text: string): ParsedPdf {
  if (text === "") return fail(`expected ${accepted}, got nothing`);
  const data = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  const bytes = Buffer.from(data, "base64");
  // Node skips what is not base64; only the way back shows whether it had to.
  if (bytes.toString("base64") !== data) return fail(`expected ${accepted}, got text that is not valid base64`);
  if (bytes.length > maximumBytes) return fail(`expected at most ${maximumBytes} bytes (24 MB), got ${bytes.length}`);
  return bytes.subarray(0, longestPreamble).includes("%PDF-")
    ? { ok: true, source: { type: "base64", mediaType: "application/pdf", data } }
    : fail(`expected ${accepted}, got a file of another kind; the text of a text file can be sent as a text part`);
}

function fail(problem: string): ParsedPdf {
  return { ok: false, problem };
}
