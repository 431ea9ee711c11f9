import type { Clock } from "./clock.ts";

/** For tests: time that stands still until it is told to go on. */
export interface TestClock extends Clock {
  /** Lets time pass and makes the calls that fall due, in their order. */
  advance(ms: number): void;
  /** Calls that are still to be made. */
  readonly pending: number;
}

export function createTestClock(): TestClock {
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  let now = 0;

  return {
    now: () => now,
    epoch: () => 1_700_000_000_000 + now,
    after(ms, call) {
      const timer = { at: now + Math.max(0, ms), call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((left, right) => left.at - right.at);
        if (next === undefined) break;
        timers.delete(next);
        now = next.at;
        next.call();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** For tests: lets everything run that is ready to run. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
