import { type Clock, systemClock } from "../../packages/server/src/core/ports/clock.ts";

/** Runs as fast as any, but from a fixed noon, so that no window of a budget ends in the midst of a run. */
export interface BenchClock extends Clock {
  /** Goes ahead by so many milliseconds. */
  skip(ms: number): void;
}

/** Friday, 20 November 2026, 12:00 UTC. */
const noon = Date.UTC(2026, 10, 20, 12);

export function createBenchClock(): BenchClock {
  const begun = performance.now();
  let ahead = 0;
  const now = (): number => performance.now() + ahead;
  return {
    ...systemClock,
    now,
    epoch: () => noon + Math.floor(now() - begun),
    skip(ms) {
      ahead += ms;
    },
  };
}
