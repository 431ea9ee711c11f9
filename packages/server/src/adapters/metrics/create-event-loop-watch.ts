import { type Histogram, monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../../core/ports/clock.ts";
import type { EventLoopDelay } from "../../core/ports/metrics.ts";

export interface EventLoopWatch {
  /** The delays, in milliseconds, since the last read; where that is less than ten seconds ago, what was read then. */
  read(): EventLoopDelay;
  /** May be called twice. */
  stop(): void;
}

const resolutionMs = 20;
const shortestWindowMs = 10_000;
const nanosecondsPerMs = 1_000_000;

/** Watches how late the event loop is. */
export function createEventLoopWatch(clock: Pick<Clock, "now">): EventLoopWatch {
  const ticks = monitorEventLoopDelay({ resolution: resolutionMs });
  ticks.enable();
  return { read: createDelayReader(ticks, clock), stop: () => void ticks.disable() };
}

/**
 * Reads a histogram of the nanoseconds between two ticks and empties it. Several may read: none takes the figures away
 * from the others.
 */
export function createDelayReader(
  ticks: Pick<Histogram, "percentile" | "max" | "count" | "reset">,
  clock: Pick<Clock, "now">,
): () => EventLoopDelay {
  let readAt = Number.NEGATIVE_INFINITY;
  let last: EventLoopDelay = { p50: 0, p99: 0, max: 0 };
  // A tick that is on time counts with the resolution itself.
  const toDelay = (nanoseconds: number): number =>
    ticks.count === 0 ? 0 : Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs);

  return () => {
    const now = clock.now();
    if (now - readAt < shortestWindowMs) return last;
    readAt = now;
    last = { p50: toDelay(ticks.percentile(50)), p99: toDelay(ticks.percentile(99)), max: toDelay(ticks.max) };
    ticks.reset();
    return last;
  };
}
