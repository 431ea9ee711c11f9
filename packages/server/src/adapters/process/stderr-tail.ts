import type { Readable } from "node:stream";

/** Keeps the last `limitBytes` of a stream; the rest is read and forgotten, so that the child never blocks on it. */
export function createStderrTail(stream: Readable, limitBytes: number): () => string {
  let tail: Buffer = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    // `concat` copies, so that a large chunk is not kept alive by its end.
    tail = Buffer.concat([tail, chunk.subarray(-limitBytes)]).subarray(-limitBytes);
  });
  stream.on("error", () => stream.destroy());
  return () => tail.toString("utf8");
}
