const newline = 10;
const smallestBuffer = 4 * 1024;

export interface LineScanner {
  /** Takes the next bytes; complete lines come out before it returns. */
  push(chunk: Buffer): void;
  /** Says that no more bytes will come: a last line without a newline comes out. */
  end(): void;
}

export interface LineScannerOptions {
  /** Longest line in bytes, without its newline. */
  readonly maxLineBytes: number;
  /** A line without its newline. It may share memory with the chunk it came in. */
  readonly onLine: (line: Buffer) => void;
  /** Called once, in place of the line that is too long; nothing comes out after it. */
  readonly onOverflow: () => void;
}

/**
 * Splits bytes into lines at byte 10, before any decoding, so that no split of the stream can break a character.
 * A line that arrives in pieces is gathered in a buffer that doubles: the cost is linear even for one-byte pieces.
 */
export function createLineScanner(options: LineScannerOptions): LineScanner {
  const { maxLineBytes, onLine, onOverflow } = options;
  let gathered: Buffer = Buffer.alloc(0);
  let length = 0;
  let overflowed = false;

  function gather(piece: Buffer): void {
    const needed = length + piece.length;
    if (needed > gathered.length) {
      const larger = Buffer.allocUnsafeSlow(
        Math.max(smallestBuffer, needed, Math.min(gathered.length * 2, maxLineBytes)),
      );
      gathered.copy(larger, 0, 0, length);
      gathered = larger;
    }
    piece.copy(gathered, length);
    length = needed;
  }

  function takeGathered(): Buffer {
    const line = gathered.subarray(0, length);
    // The line now belongs to the reader: the next one starts in memory of its own.
    gathered = Buffer.alloc(0);
    length = 0;
    return line;
  }

  /** Whether the piece still fits; otherwise reports the overflow and forgets what was gathered. */
  function fits(piece: Buffer): boolean {
    if (length + piece.length <= maxLineBytes) return true;
    overflowed = true;
    takeGathered();
    onOverflow();
    return false;
  }

  return {
    push(chunk) {
      let start = 0;
      while (!overflowed && start < chunk.length) {
        const end = chunk.indexOf(newline, start);
        const piece = chunk.subarray(start, end === -1 ? chunk.length : end);
        if (!fits(piece)) return;
        if (end === -1) return gather(piece);
        start = end + 1;
        if (length === 0) {
          onLine(piece);
        } else {
          gather(piece);
          onLine(takeGathered());
        }
      }
    },
    end() {
      if (!overflowed && length > 0) onLine(takeGathered());
    },
  };
}
