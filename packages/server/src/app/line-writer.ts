import { writeSync } from "node:fs";

/** So much is kept for a reader that does not take it; what comes then is dropped. */
const mostKeptBytes = 4 * 1024 * 1024;
/** Lines are written at once where so many bytes wait, else together at the end of the turn of the event loop. */
const manyBytes = 16_000;
const againMs = 20;
/** How long the end of the program waits for a reader that does not take the last lines. */
const lastTries = 25;

/**
 * Writes all lines of one turn of the event loop together: with one line a request, each would cost a call of the system. Where the reader
 * is gone the writer falls silent; where it is slow, and writing does not block, the program goes on.
 */
export function createLineWriter(descriptor: number): { write(line: string): void } {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let isGone = false;
  let isPlanned = false;

  /** False where the reader takes no more at present. */
  function writeOut(): boolean {
    const [whole] = waiting.length === 1 ? waiting : [Buffer.concat(waiting)];
    let rest = whole ?? Buffer.alloc(0);
    let isTaken = true;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      isTaken = false;
      // Anything else lasts: the reader has gone, or the disk is full.
      isGone = !(error instanceof Error && "code" in error && error.code === "EAGAIN");
    }
    waiting = isGone || rest.length === 0 ? [] : [rest];
    bytes = isGone ? 0 : rest.length;
    return isTaken;
  }

  function flush(): void {
    isPlanned = false;
    if (bytes === 0 || writeOut() || isGone || isPlanned) return;
    isPlanned = true;
    setTimeout(flush, againMs).unref();
  }

  process.on("exit", () => {
    for (let tries = 0; bytes > 0 && !writeOut() && !isGone && tries < lastTries; tries += 1) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, againMs);
    }
  });

  return {
    write(line) {
      if (isGone || bytes > mostKeptBytes) return;
      const added = Buffer.from(line);
      waiting.push(added);
      bytes += added.length;
      if (isPlanned) return;
      if (bytes >= manyBytes) flush();
      else {
        isPlanned = true;
        setImmediate(flush);
      }
    },
  };
}
