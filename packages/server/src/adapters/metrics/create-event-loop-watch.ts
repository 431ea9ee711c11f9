import { monitorEventLoopDelay } from "node:perf_hooks";
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

/** Watches how late the event loop is. Several may read: none takes the figures away from the others. */
export function createEventLoopWatch(clock: Pick<Clock, "now">): EventLoopWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let readAt = Number.NEGATIVE_INFINITY;
  let last: EventLoopDelay = { p50: 0, p99: 0, max: 0 };
  // The histogram holds the time between two ticks, so one that is on time counts with the resolution itself.
  const toDelay = (nanoseconds: number): number => Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs);

  return {
    read() {
      const now = clock.now();
      if (now - readAt < shortestWindowMs) return last;
      readAt = now;
      last = {
        p50: toDelay(histogram.percentile(50)),
        p99: toDelay(histogram.percentile(99)),
        max: toDelay(histogram.max),
      };
      histogram.reset();
      return last;
    },
    stop: () => void histogram.disable(),
  };
}
