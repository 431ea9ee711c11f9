import type { Clock } from "../../core/ports/clock.ts";

/** What the work comes to; rejects with `sentence` where the time is over first. The work itself is left alone. */
export async function settleWithin<T>(work: Promise<T>, ms: number, clock: Clock, sentence: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => late.reject(new Error(sentence)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
