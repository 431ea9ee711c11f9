import { createHash } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

/** A real PNG of one colour; `noise` is how many rows at its top hold bytes that do not compress. */
export function drawPng(width: number, height: number, noise = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8); // 8 bits each of red, green and blue
  const row = 1 + width * 3;
  const pixels = Buffer.alloc(row * height, 0x7f);
  fillWithNoise(pixels.subarray(0, row * noise));
  for (let offset = 0; offset < pixels.length; offset += row) pixels[offset] = 0; // no filter
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    toChunk("IHDR", header),
    toChunk("IDAT", deflateSync(pixels)),
    toChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A real baseline JPEG, all grey. Sides are multiples of 8. */
export function drawJpeg(width: number, height: number): Buffer {
  const frame = Buffer.from([8, 0, 0, 0, 0, 1, 1, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  // Each block of 8 by 8 is two bits: no change of brightness, end of block.
  const scan = Buffer.alloc(Math.ceil((width / 8) * (height / 8) * 2) / 8 + 1);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    toSegment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])),
    toSegment(0xc0, frame),
    toSegment(0xc4, toSingleCode(0x00)),
    toSegment(0xc4, toSingleCode(0x10)),
    toSegment(0xda, Buffer.from([1, 1, 0x00, 0, 63, 0])),
    scan,
    Buffer.from([0xff, 0xd9]),
  ]);
}

export function toDataUrl(image: Buffer, mediaType: string): string {
  return `data:${mediaType};base64,${image.toString("base64")}`;
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A Huffman table whose one code, a single 0, means 0. */
function toSingleCode(id: number): Buffer {
  return Buffer.from([id, 1, ...Array.from({ length: 15 }, () => 0), 0]);
}

/** The same bytes each time. */
function fillWithNoise(bytes: Buffer): void {
  let state = 1;
  for (let index = 0; index < bytes.length; index += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
}

function toChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function toSegment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}
