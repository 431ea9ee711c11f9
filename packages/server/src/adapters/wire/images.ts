import type { ImageBlock, ImageMediaType } from "@gantry/contracts/content";
import { checkFetchedUrl } from "./check-fetched-url.ts";
import { readImageHeader } from "./image-header.ts";

export type ParsedImage =
  | {
      readonly ok: true;
      readonly source: ImageBlock["source"];
      /** The CLI shrinks the image before it goes upstream, see {@link isShrunk}. */
      readonly resized: boolean;
    }
  | {
      readonly ok: false;
      /** What was expected and what came, to be put behind the field's name. */
      readonly problem: string;
    };

/** The Messages API takes neither more bytes in an image nor more pixels on a side. */
const maximumBytes = 5 * 1024 * 1024;
const maximumSide = 8000;

const longestDataUrlHead = 200;
const accepted = "a data: URL or base64 of a PNG, JPEG, GIF or WebP image, or an https: URL";

/**
 * Reads the `url` of an image part: a base64 data URL, base64 without the prefix, or an https address, which is passed on
 * unopened. Inline images are really looked at: their bytes decide on the media type, whatever was declared, and a
 * broken or cut-off image fails here, since the CLI would put a remark in its place and answer all the same.
 */
export function parseImageUrl(url: string): ParsedImage {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]{0,30}):/.exec(url)?.[1]?.toLowerCase();
  if (scheme === "data") return parseDataUrl(url);
  if (scheme === undefined) return parseBase64(url);
  if (scheme !== "https") return fail(`expected ${accepted}, got the scheme ${scheme}:`);
  const problem = checkFetchedUrl(url);
  return problem === undefined ? { ok: true, source: { type: "url", url }, resized: false } : fail(problem);
}

function parseDataUrl(url: string): ParsedImage {
  const comma = url.slice(0, longestDataUrlHead).indexOf(",");
  const head = url.slice(0, Math.max(comma, 0));
  if (!/;\s*base64\s*$/i.test(head)) {
    return fail("expected data:image/<type>;base64,<data>, got a data: URL that is not declared as base64");
  }
  return parseBase64(url.slice(comma + 1));
}

function parseBase64(text: string): ParsedImage {
  if (text === "") return fail(`expected ${accepted}, got nothing`);
  const base64 = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  const size = Math.floor((base64.length * 3) / 4);
  // Padding can make the estimate two bytes too large, never too small.
  if (size - 2 > maximumBytes) return fail(tooManyBytes(size - 2));
  const bytes = Buffer.from(base64, "base64");
  // Node skips what is not base64; only the way back shows whether it had to.
  if (bytes.toString("base64") !== base64) return fail(`expected ${accepted}, got text that is not valid base64`);
  if (bytes.length > maximumBytes) return fail(tooManyBytes(bytes.length));

  const header = readImageHeader(bytes);
  if (!header.ok) return fail(header.problem);
  const { mediaType, width, height } = header;
  const side = Math.max(width, height);
  if (side > maximumSide) {
    return fail(`expected at most ${maximumSide} px on a side, got an image of ${width} x ${height} px`);
  }
  return inline(mediaType, base64, isShrunk(width, height, bytes.length));
}

/**
 * What the CLI does to images, seen on 2.1.328: above 2000 px on a side or 4,784 patches of 28 by 28 px it scales them
 * down, above 500 KiB it turns them into a JPEG. Smaller ones reach the model byte for byte. (2.1.197 counts no patches.)
 */
function isShrunk(width: number, height: number, size: number): boolean {
  const patches = Math.ceil(width / 28) * Math.ceil(height / 28);
  return Math.max(width, height) > 2000 || patches > 4784 || size > 500 * 1024;
}

function inline(mediaType: ImageMediaType, data: string, resized: boolean): ParsedImage {
  return { ok: true, source: { type: "base64", mediaType, data }, resized };
}

function tooManyBytes(size: number): string {
  return `expected at most ${maximumBytes} bytes (5 MB) of image data, got ${size}`;
}

function fail(problem: string): ParsedImage {
  return { ok: false, problem };
}
