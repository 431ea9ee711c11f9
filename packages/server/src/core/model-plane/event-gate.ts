/** Lets the events of a stream through when they are whole. */
export interface EventGate {
  /** What may go on of what has come by now. */
  push(bytes: Uint8Array): Uint8Array;
  /** What is held back of an event that has begun. */
  readonly rest: Uint8Array;
  /** Whether the beginning of an event that is not whole has gone on nevertheless, since it is a long one. */
  readonly isOpen: boolean;
}

/** An event that is longer goes on in pieces. */
const longestHeld = 64 * 1024;
const none = new Uint8Array();

/**
 * Where a stream breaks off in the midst of an event, a client could not tell its beginning from the error that comes behind it.
 * Bytes are neither changed nor lost; as a rule they come as whole events, and then nothing waits.
 */
export function createEventGate(): EventGate {
  let held: Uint8Array = none;
  let isOpen = false;
  return {
    push(bytes) {
      const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      let end = findLastEnd(all);
      if (end > 0) isOpen = false;
      if (all.length - end > longestHeld) {
        end = all.length;
        isOpen = true;
      }
      held = end === all.length ? none : all.subarray(end);
      return end === all.length ? all : all.subarray(0, end);
    },
    get rest() {
      return held;
    },
    get isOpen() {
      return isOpen;
    },
  };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Behind the last empty line; 0 where there is none. */
function findLastEnd(bytes: Uint8Array): number {
  for (let at = bytes.lastIndexOf(lineFeed); at > 0; at = bytes.lastIndexOf(lineFeed, at - 1)) {
    const before = bytes[at - 1] === carriageReturn ? at - 2 : at - 1;
    if (before >= 0 && bytes[before] === lineFeed) return at + 1;
  }
  return 0;
}
