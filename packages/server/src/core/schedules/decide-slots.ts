import type { CronTimes } from "../ports/cron-reader.ts";

export interface SlotDecision {
  /** The slot that is run now. */
  readonly run: number | undefined;
  readonly missed: MissedSlots | undefined;
  /** The first slot that is not due yet. */
  readonly nextAt: number | null;
}

export interface MissedSlots {
  readonly first: number;
  readonly last: number;
  /** At most {@link mostCounted}. */
  readonly count: number;
}

/** A slot is not called late for what a look at the clock may take. */
const graceMs = 60_000;
/** Counting goes slot by slot: a schedule of each minute has half a million of them a year. */
export const mostCounted = 100;

/** What becomes of the slots from `nextAt` to `now`: the newest is run where it is not later than `catchUpMs`, all others were missed. */
export function decideSlots(times: CronTimes, nextAt: number, now: number, catchUpMs: number): SlotDecision {
  if (nextAt > now) return { run: undefined, missed: undefined, nextAt };
  const newest = Math.max(nextAt, times.newest(now) ?? nextAt);
  const isRun = now - newest <= Math.max(catchUpMs, graceMs);
  const missed = countMissed(times, nextAt, newest, isRun);
  return { run: isRun ? newest : undefined, missed, nextAt: times.next(now) ?? null };
}

function countMissed(times: CronTimes, first: number, newest: number, isRun: boolean): MissedSlots | undefined {
  if (first === newest) return isRun ? undefined : { first, last: first, count: 1 };
  let last = first;
  let count = 1;
  for (let at = times.next(first); at !== undefined && at < newest && count < mostCounted; at = times.next(at)) {
    last = at;
    count += 1;
  }
  if (!isRun) return { first, last: newest, count: Math.min(mostCounted, count + 1) };
  return { first, last: count < mostCounted ? last : (times.newest(newest - 1) ?? last), count };
}
