import type { Readable } from "node:stream";
import { createLineScanner } from "./line-scanner.ts";

export interface OutputReader {
  /** Sets the one reader. A line that is too long calls `onOverflow` once and closes the stream. */
  read(onLine: (line: Buffer) => void, onOverflow: (limitBytes: number) => void): void;
  pause(): void;
  resume(): void;
  /** Delivers nothing more; what still arrives is thrown away, so that the child does not block on it. */
  discard(): void;
  /** Gives the stream up although it has not ended. */
  close(): void;
  /** Bytes that arrived so far. */
  bytes(): number;
  /** Whether the reader holds the output back. */
  paused(): boolean;
  /** Resolves when the stream is closed and everything of it delivered or discarded. */
  readonly finished: Promise<void>;
}

export interface OutputReaderOptions {
  readonly stream: Readable;
  readonly maxLineBytes: number;
  /** A reader that throws is read out no further. */
  readonly onReaderFailure: (error: unknown) => void;
}

/** Reads lines with back-pressure: while paused, only the chunk in hand and the stream's own buffer wait in memory. */
export function createOutputReader({ stream, maxLineBytes, onReaderFailure }: OutputReaderOptions): OutputReader {
  let waiting: (Buffer | "overflow")[] = [];
  // A place in the list rather than `shift`, which moves the rest of a long list each time: a chunk may be all newlines.
  let next = 0;
  const finished = Promise.withResolvers<void>();
  let reader:
    | { readonly onLine: (line: Buffer) => void; readonly onOverflow: (limitBytes: number) => void }
    | undefined;
  let held = false;
  let discarding = false;
  let delivering = false;
  let closed = false;
  let bytes = 0;

  const scanner = createLineScanner({
    maxLineBytes,
    onLine: (line) => waiting.push(line),
    onOverflow() {
      waiting.push("overflow");
      stream.destroy();
    },
  });

  function handOver(item: Buffer | "overflow"): void {
    try {
      if (item === "overflow") reader?.onOverflow(maxLineBytes);
      else reader?.onLine(item);
    } catch (error) {
      discard();
      onReaderFailure(error);
    }
  }

  function deliver(): void {
    // A reader may pause and resume from within its own call; the outer loop goes on then.
    if (delivering) return;
    delivering = true;
    while (!held && next < waiting.length) {
      const item = waiting[next];
      next += 1;
      if (item !== undefined) handOver(item);
    }
    delivering = false;
    if (next < waiting.length) return;
    forgetWaiting();
    if (closed) finished.resolve();
  }

  function forgetWaiting(): void {
    waiting = [];
    next = 0;
  }

  function discard(): void {
    discarding = true;
    held = false;
    forgetWaiting();
    stream.resume();
    deliver();
  }

  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (discarding) return;
    scanner.push(chunk);
    deliver();
    // Node sets the output of an ended child flowing by itself.
    if (held) stream.pause();
  });
  stream.pause();
  stream.on("end", () => {
    if (!discarding) scanner.end();
    deliver();
  });
  stream.on("error", () => stream.destroy());
  stream.on("close", () => {
    closed = true;
    deliver();
  });

  return {
    read(onLine, onOverflow) {
      if (reader !== undefined) throw new Error("The output already has its reader.");
      reader = { onLine, onOverflow };
      if (!held) stream.resume();
      deliver();
    },
    pause() {
      if (discarding) return;
      held = true;
      stream.pause();
    },
    resume() {
      held = false;
      if (reader !== undefined || discarding) stream.resume();
      deliver();
    },
    discard,
    close: () => stream.destroy(),
    bytes: () => bytes,
    paused: () => held,
    finished: finished.promise,
  };
}
