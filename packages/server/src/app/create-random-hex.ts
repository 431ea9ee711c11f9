import { randomFillSync } from "node:crypto";
import type { RandomHex } from "../core/tracing/trace-context.ts";

/** So many bytes are drawn at a time: the way to the system's source costs more than the bytes. */
const drawnBytes = 4096;

/** Random bytes of the system's own source, each given out once, as lower-case hexadecimal digits; at most 4096 at a time. */
export function createRandomHex(): RandomHex {
  const drawn = Buffer.alloc(drawnBytes);
  let used = drawnBytes;
  return (bytes) => {
    if (bytes > drawnBytes) throw new RangeError(`at most ${drawnBytes} random bytes at a time, not ${bytes}`);
    if (used + bytes > drawnBytes) {
      randomFillSync(drawn);
      used = 0;
    }
    used += bytes;
    return drawn.toString("hex", used - bytes, used);
  };
}
