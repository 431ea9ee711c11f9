import { toFailure, type Failure } from "@gantry/contracts/errors";
import { createStringScanner, type FindStringEnd } from "./create-string-scanner.ts";

/** What has to be known of a call that is passed on as it is: found in its bytes, which are not parsed whole. */
export interface CallView {
  readonly model: string;
  /** Where the model's name stands, quotes included: `bytes.subarray(start, end)`. */
  readonly modelSpan: Span;
  /** Where our own object `gantry` stands with its key and one comma; undefined where it is not there. */
  readonly extensionSpan: Span | undefined;
  /** Where the value of `stream_options` stands, and what it is; undefined where it is not there. */
  readonly optionsSpan: Span | undefined;
  readonly options: object;
  /** Which road the client wishes for, by `gantry.driver`. */
  readonly driver: string | undefined;
  readonly stream: boolean;
  /** Whether the client asks for the figures at the end of its stream, as OpenAI's clients may. */
  readonly includeUsage: boolean;
  /** The client's bound of the answer; undefined where it gave none. */
  readonly maxOutputTokens: number | undefined;
  /** Bytes that the model reads as text; those of images are left out. */
  readonly textBytes: number;
  readonly images: number;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

const fields = ["model", "stream", "stream_options", "max_tokens", "max_completion_tokens", "gantry"] as const;

/** A key of the map of spans that no field can have. */
const extensionSpanKey = " gantry with its key";

/** A longer string without a blank at its beginning is an image or a file in base64, which is not read as text. */
const longestWord = 2048;

/**
 * Reads the few fields of a call's JSON that decide its way and its price. Takes time in proportion to the bytes, whatever is sent. A
 * field that comes twice is refused, since the upstream may take the other one. Whether the rest is valid is the upstream's to say.
 */
export function scanCallBody(bytes: Uint8Array): CallView | Failure {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blobs = { count: 0, bytes: 0 };
  const found = findFields(buffer, blobs);
  if ("code" in found) return found;

  const model = readValue(buffer, found.get("model"));
  const modelSpan = found.get("model");
  if (typeof model !== "string" || model === "" || modelSpan === undefined) {
    return refuse("model: expected the name of a model", "model");
  }
  const stream = readValue(buffer, found.get("stream")) ?? false;
  if (typeof stream !== "boolean") return refuse("stream: expected true or false", "stream");
  const bound =
    readValue(buffer, found.get("max_completion_tokens")) ?? readValue(buffer, found.get("max_tokens")) ?? undefined;
  if (bound !== undefined && !(Number.isSafeInteger(bound) && Number(bound) >= 0)) {
    return refuse("max_tokens: expected a whole number of tokens", "max_tokens");
  }
  const options = readValue(buffer, found.get("stream_options")) ?? {};
  if (typeof options !== "object") return refuse("stream_options: expected an object", "stream_options");
  const extension = readExtension(buffer, found.get("gantry"), found.get(extensionSpanKey));
  if ("code" in extension) return extension;
  return {
    model,
    modelSpan,
    ...extension,
    stream,
    optionsSpan: found.get("stream_options"),
    options,
    includeUsage: "include_usage" in options && options.include_usage === true,
    maxOutputTokens: bound === undefined ? undefined : Number(bound),
    textBytes: buffer.length - blobs.bytes,
    images: blobs.count,
  };
}

/**
 * The same bytes with another model's name and without our own object; nothing else is touched. `asksUsage`: OpenAI's APIs are asked for
 * the figures of a stream besides.
 */
export function toUpstreamBytes(bytes: Uint8Array, view: CallView, name: string, asksUsage = false): Uint8Array {
  const { modelSpan, model, extensionSpan } = view;
  const changes: { readonly span: Span; readonly text: string }[] = [
    ...(name === model ? [] : [{ span: modelSpan, text: JSON.stringify(name) }]),
    ...(extensionSpan === undefined ? [] : [{ span: extensionSpan, text: "" }]),
    ...(asksUsage && !view.includeUsage ? [toUsageWish(bytes, view)] : []),
  ].toSorted((left, right) => left.span.start - right.span.start || left.span.end - right.span.end);
  if (changes.length === 0) return bytes;
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { span, text } of changes) {
    pieces.push(bytes.subarray(at, span.start), Buffer.from(text));
    at = span.end;
  }
  return Buffer.concat([...pieces, bytes.subarray(at)]);
}

function toUsageWish(
  bytes: Uint8Array,
  { options, optionsSpan }: CallView,
): { readonly span: Span; readonly text: string } {
  const wish = JSON.stringify({ ...options, include_usage: true });
  if (optionsSpan !== undefined) return { span: optionsSpan, text: wish };
  const start = bytes.indexOf(openBrace) + 1;
  return { span: { start, end: start }, text: `"stream_options":${wish},` };
}

const quote = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const colon = 0x3a;
const comma = 0x2c;

function findFields(buffer: Buffer, blobs: { count: number; bytes: number }): Map<string, Span> | Failure {
  const found = new Map<string, Span>();
  const findStringEnd = createStringScanner(buffer);
  let at = skipBlanks(buffer, 0);
  let before: number | undefined;
  if (buffer[at] !== openBrace) return refuse("the body must be a JSON object");
  at = skipBlanks(buffer, at + 1);
  if (buffer[at] === closeBrace) return found;
  for (;;) {
    const keyStart = at;
    const keyEnd = buffer[at] === quote ? findStringEnd(at) : undefined;
    if (keyEnd === undefined) return broken();
    const key = readKey(buffer, { start: at, end: keyEnd });
    at = skipBlanks(buffer, keyEnd);
    if (buffer[at] !== colon) return broken();
    const start = skipBlanks(buffer, at + 1);
    const end = findValueEnd(buffer, start, findStringEnd, blobs);
    if (end === undefined) return broken();
    if (typeof key === "string" && fields.some((field) => field === key)) {
      if (found.has(key)) return refuse(`"${key}" comes twice`, key);
      found.set(key, { start, end });
    }
    at = skipBlanks(buffer, end);
    const isLast = buffer[at] === closeBrace;
    // It is cut out with the comma behind it, or with the one before it where it is the last.
    if (key === "gantry") {
      found.set(extensionSpanKey, isLast ? { start: before ?? keyStart, end } : { start: keyStart, end: at + 1 });
    }
    if (isLast) break;
    if (buffer[at] !== comma) return broken();
    before = at;
    at = skipBlanks(buffer, at + 1);
  }
  return skipBlanks(buffer, at + 1) === buffer.length ? found : broken();
}

function findValueEnd(
  buffer: Buffer,
  start: number,
  findStringEnd: FindStringEnd,
  blobs: { count: number; bytes: number },
): number | undefined {
  let depth = 0;
  for (let at = start; at < buffer.length; at += 1) {
    const byte = buffer[at];
    if (byte === quote) {
      const end = findStringEnd(at);
      if (end === undefined) return undefined;
      if (end - at > longestWord && isBlob(buffer, at)) {
        blobs.count += 1;
        blobs.bytes += end - at;
      }
      if (depth === 0) return end;
      at = end - 1;
    } else if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      // Where nothing is open, it closes what holds the value.
      if (depth === 0) return at === start ? undefined : at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (byte === comma && depth === 0) return at === start ? undefined : at;
  }
  return undefined;
}

function isBlob(buffer: Buffer, start: number): boolean {
  return /^[A-Za-z0-9+/_=:;,-]+$/.test(buffer.toString("latin1", start + 1, start + 512));
}

function skipBlanks(buffer: Buffer, from: number): number {
  let at = from;
  for (let byte = buffer[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = buffer[at])
    at += 1;
  return at;
}

/** As it is written where nothing in it is escaped: the fields that are looked for have plain names. */
function readKey(buffer: Buffer, { start, end }: Span): unknown {
  const text = buffer.toString("latin1", start + 1, end - 1);
  return text.includes("\\") ? readValue(buffer, { start, end }) : text;
}

/** Undefined where there is none, or no valid one. */
function readValue(buffer: Buffer, span: Span | undefined): unknown {
  if (span === undefined) return undefined;
  try {
    return JSON.parse(buffer.toString("utf8", span.start, span.end));
  } catch {
    return undefined;
  }
}

function readExtension(
  buffer: Buffer,
  span: Span | undefined,
  outer: Span | undefined,
): Pick<CallView, "extensionSpan" | "driver"> | Failure {
  if (span === undefined) return { extensionSpan: undefined, driver: undefined };
  const value = readValue(buffer, span);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refuse("gantry: expected an object", "gantry");
  const unknown = Object.keys(value).find((key) => key !== "driver");
  if (unknown !== undefined) return refuse(`gantry.${unknown.slice(0, 40)}: there is no such field`, "gantry");
  const driver = "driver" in value ? value.driver : undefined;
  if (driver !== undefined && (typeof driver !== "string" || !["direct", "claude"].includes(driver))) {
    return refuse('gantry.driver: expected "direct" or "claude"', "gantry.driver");
  }
  return { extensionSpan: outer, driver };
}

function broken(): Failure {
  return refuse("the body is not valid JSON");
}

function refuse(message: string, param = "body"): Failure {
  return toFailure("invalid_request", message, { param });
}
