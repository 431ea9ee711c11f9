import { crc32 } from "node:zlib";
import type { ImageMediaType } from "@gantry/contracts/content";

export type ImageHeader =
  | { readonly ok: true; readonly mediaType: ImageMediaType; readonly width: number; readonly height: number }
  | { readonly ok: false; readonly problem: string };

interface Size {
  readonly width: number;
  readonly height: number;
}

interface ImageFormat {
  readonly name: string;
  readonly mediaType: ImageMediaType;
  readonly matches: (bytes: Buffer) => boolean;
  /** Width and height in pixels; undefined where the image is broken or cut off. */
  readonly readSize: (bytes: Buffer) => Size | undefined;
}

const formats: readonly ImageFormat[] = [
  {
    name: "PNG",
    mediaType: "image/png",
    matches: (bytes) => startsWith(bytes, "\x89PNG\r\n\x1a\n"),
    readSize: readPngSize,
  },
  {
    name: "JPEG",
    mediaType: "image/jpeg",
    matches: (bytes) => startsWith(bytes, "\xff\xd8\xff"),
    readSize: readJpegSize,
  },
  {
    name: "GIF",
    mediaType: "image/gif",
    matches: (bytes) => startsWith(bytes, "GIF87a") || startsWith(bytes, "GIF89a"),
    readSize: readGifSize,
  },
  {
    name: "WebP",
    mediaType: "image/webp",
    matches: (bytes) => startsWith(bytes, "RIFF") && bytes.toString("latin1", 8, 12) === "WEBP",
    readSize: readWebpSize,
  },
];

/**
 * Tells an image's real type from its first bytes and its size in pixels from its header, and checks that the file is
 * whole as far as its outer structure shows. Nothing is decompressed.
 */
export function readImageHeader(bytes: Buffer): ImageHeader {
  const format = formats.find(({ matches }) => matches(bytes));
  if (format === undefined)
    return { ok: false, problem: "expected PNG, JPEG, GIF or WebP data, got bytes of another kind" };
  const size = format.readSize(bytes);
  if (size === undefined || size.width === 0 || size.height === 0) {
    return { ok: false, problem: `expected a whole ${format.name} image, got one that is broken or cut off` };
  }
  return { ok: true, mediaType: format.mediaType, ...size };
}

function startsWith(bytes: Buffer, signature: string): boolean {
  return bytes.toString("latin1", 0, signature.length) === signature;
}

/** Signature, then chunks of length, type, data and checksum: IHDR first, image data, IEND. */
function readPngSize(bytes: Buffer): Size | undefined {
  const header = { start: 12, end: 29 };
  if (bytes.length < header.end + 4) return undefined;
  if (bytes.readUInt32BE(8) !== 13 || bytes.toString("latin1", 12, 16) !== "IHDR") return undefined;
  if (crc32(bytes.subarray(header.start, header.end)) !== bytes.readUInt32BE(header.end)) return undefined;

  let hasData = false;
  for (let offset = header.end + 4; offset + 12 <= bytes.length; offset += 12 + bytes.readUInt32BE(offset)) {
    const type = bytes.readUInt32BE(offset + 4);
    const end = offset + 8 + bytes.readUInt32BE(offset);
    if (end + 4 > bytes.length || crc32(bytes.subarray(offset + 4, end)) !== bytes.readUInt32BE(end)) return undefined;
    if (type === pngImageData) hasData = true;
    if (type === pngEnd) return hasData ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) } : undefined;
  }
  return undefined;
}

const pngImageData = Buffer.from("IDAT").readUInt32BE(0);
const pngEnd = Buffer.from("IEND").readUInt32BE(0);

/** Segments of marker and length up to the start of the scan; the frame header among them holds the size. */
function readJpegSize(bytes: Buffer): Size | undefined {
  let size: Size | undefined;
  let offset = 2;
  while (offset + 4 <= bytes.length && bytes[offset] === 0xff) {
    const marker = bytes[offset + 1] ?? 0;
    if (marker === 0xff) {
      offset += 1; // A marker may be preceded by any number of fill bytes.
      continue;
    }
    const length = bytes.readUInt16BE(offset + 2);
    const end = offset + 2 + length;
    if (length < 2 || end > bytes.length) return undefined;
    if (isFrameHeader(marker) && length >= 8) {
      size = { height: bytes.readUInt16BE(offset + 5), width: bytes.readUInt16BE(offset + 7) };
    }
    if (marker === startOfScan) return bytes.lastIndexOf(endOfImage) >= end ? size : undefined;
    offset = end;
  }
  return undefined;
}

const startOfScan = 0xda;
const endOfImage = Buffer.from([0xff, 0xd9]);

/** SOF0 to SOF15, without the markers of that range that mean tables or extensions. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** The trailer is not asked for: cut-off animations are common and every decoder shows them. */
function readGifSize(bytes: Buffer): Size | undefined {
  if (bytes.length < 14) return undefined;
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
}

/** A RIFF file whose first chunk is `VP8 ` (lossy), `VP8L` (lossless) or `VP8X` (extended). */
function readWebpSize(bytes: Buffer): Size | undefined {
  const data = 20;
  if (bytes.length < data || bytes.readUInt32LE(4) + 8 > bytes.length) return undefined;
  if (bytes.readUInt32LE(16) + data > bytes.length) return undefined;
  const left = bytes.length - data;
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8 ":
      if (left < 10 || bytes.readUIntBE(data + 3, 3) !== 0x9d012a) return undefined;
      return { width: bytes.readUInt16LE(data + 6) & 0x3fff, height: bytes.readUInt16LE(data + 8) & 0x3fff };
    case "VP8L": {
      if (left < 5 || bytes[data] !== 0x2f) return undefined;
      const packed = bytes.readUInt32LE(data + 1);
      return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      if (left < 10) return undefined;
      return { width: bytes.readUIntLE(data + 4, 3) + 1, height: bytes.readUIntLE(data + 7, 3) + 1 };
    default:
      return undefined;
  }
}
