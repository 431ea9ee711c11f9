import { Transform } from "node:stream";

/** Counts what all connections of one door carry together, and breaks off whatever goes beyond the bound. */
export interface ByteMeter {
  /** A piece of a pipe; fails with a {@link LimitError} beyond the bound. */
  through(): Transform;
}

export class LimitError extends Error {}

export function createByteMeter(maxBytes: number): ByteMeter {
  let carried = 0;
  return {
    through: () =>
      new Transform({
        transform(chunk: Buffer, _encoding, done) {
          carried += chunk.length;
          if (carried > maxBytes) done(new LimitError("the program has carried all the bytes it may"));
          else done(null, chunk);
        },
      }),
  };
}
