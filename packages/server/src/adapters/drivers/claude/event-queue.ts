/** A bounded hand-over between the process's output and the reader of the answer. */
export interface EventQueue<T> {
  /** Dropped after the end. */
  push(event: T): void;
  /** No more events come; what is queued is still read. */
  end(): void;
  /** Resolves with the next event, or `undefined` after the end. One reader at a time. */
  next(): Promise<T | undefined>;
}

/**
 * `onFull` is called when `highWater` events wait unread, `onDrained` when the reader has taken all of them: the producer
 * stops and starts reading its source in between.
 */
export function createEventQueue<T>(highWater: number, onFull: () => void, onDrained: () => void): EventQueue<T> {
  let waiting: T[] = [];
  let position = 0;
  let ended = false;
  let full = false;
  let wake: (() => void) | undefined;

  const notify = (): void => {
    wake?.();
    wake = undefined;
  };

  return {
    push(event) {
      if (ended) return;
      waiting.push(event);
      if (!full && waiting.length - position >= highWater) {
        full = true;
        onFull();
      }
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    async next() {
      while (position >= waiting.length) {
        if (ended) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const event = waiting[position];
      position += 1;
      if (position === waiting.length) {
        waiting = [];
        position = 0;
        if (full) {
          full = false;
          onDrained();
        }
      }
      return event;
    },
  };
}
