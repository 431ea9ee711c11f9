/** Cuts bytes into lines, however they come split. A line ends with LF, CR or both. */
export interface LineSplitter {
  /** The lines that these bytes complete, without their ends. They may be views: use them before the bytes change. */
  push(bytes: Uint8Array): readonly Buffer[];
  /** What stands behind the last line end; may be empty. */
  rest(): Buffer;
  /** A line was longer than may be: nothing more comes out. */
  readonly overflowed: boolean;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Takes time in proportion to the bytes, even where they come one at a time, and never holds more than `longestLine`
 * bytes of them.
 */
export function createLineSplitter(longestLine: number): LineSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let afterReturn = false;
  let overflowed = false;

  function hold(piece: Buffer): void {
    heldBytes += piece.length;
    overflowed = heldBytes > longestLine;
    if (overflowed) held = [];
    else if (piece.length > 0) held.push(piece);
  }
  function takeLine(end: Buffer): Buffer {
    hold(end);
    const line = held.length === 1 ? (held[0] ?? end) : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return line;
  }

  return {
    push(bytes) {
      const lines: Buffer[] = [];
      if (overflowed || bytes.length === 0) return lines;
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let start = afterReturn && buffer[0] === lineFeed ? 1 : 0;
      afterReturn = false;
      let nextFeed = find(buffer, lineFeed, start);
      let nextReturn = find(buffer, carriageReturn, start);
      for (let end = Math.min(nextFeed, nextReturn); end !== Infinity; end = Math.min(nextFeed, nextReturn)) {
        const line = takeLine(buffer.subarray(start, end));
        if (overflowed) return lines;
        lines.push(line);
        start = end + 1;
        if (end === nextReturn) {
          afterReturn = start === buffer.length;
          if (start === nextFeed) start += 1;
          nextReturn = find(buffer, carriageReturn, start);
        }
        if (nextFeed < start) nextFeed = find(buffer, lineFeed, start);
      }
      hold(buffer.subarray(start));
      return lines;
    },
    rest: () => Buffer.concat(held),
    get overflowed() {
      return overflowed;
    },
  };
}

function find(buffer: Buffer, byte: number, from: number): number {
  const place = buffer.indexOf(byte, from);
  return place === -1 ? Infinity : place;
}
