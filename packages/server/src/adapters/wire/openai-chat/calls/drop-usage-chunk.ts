import type { AnswerFilter } from "../../../../core/ports/call-format.ts";

const noChoices = Buffer.from('"choices":[]');
const noChoicesSpaced = /"choices"\s*:\s*\[\s*\]/;
const usageKey = Buffer.from('"usage"');
/** An event that is longer is none of figures. */
const longestKept = 64 * 1024;

/**
 * Takes the figures out of a stream whose client did not ask for them: many clients read the first choice of every chunk, and that one
 * has none. Everything else goes on byte for byte; of an event that has begun, the bytes wait for its end.
 */
export function openUsageChunkFilter(): AnswerFilter {
  let waiting: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const all = waiting.length === 0 ? Buffer.from(bytes) : Buffer.concat([waiting, bytes]);
      const kept: Buffer[] = [];
      let at = 0;
      for (let end = findEventEnd(all, at); end !== -1; end = findEventEnd(all, at)) {
        const event = all.subarray(at, end);
        if (!isFigures(event)) kept.push(event);
        at = end;
      }
      waiting = all.subarray(at);
      if (waiting.length > longestKept) {
        kept.push(waiting);
        waiting = Buffer.alloc(0);
      }
      return kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept);
    },
    finish() {
      const rest = waiting;
      waiting = Buffer.alloc(0);
      return isFigures(rest) ? Buffer.alloc(0) : rest;
    },
  };
}

/** Behind the empty line that ends an event; -1 where there is none yet. */
function findEventEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0x0a, from); at !== -1; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return -1;
}

function isFigures(event: Buffer): boolean {
  if (event.length > longestKept || !event.includes(usageKey)) return false;
  return event.includes(noChoices) || noChoicesSpaced.test(event.toString("latin1"));
}
