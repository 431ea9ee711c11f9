import type { Binding } from "./slot.ts";

/** How many clean processes each binding is likely to want next, learnt from what it asked for lately. */
export interface CleanDemand {
  /** A conversation that no process held has begun. */
  began(binding: Binding, now: number): void;
  ended(binding: Binding): void;
  /** The bindings that want clean processes, with their number. */
  wanted(now: number): { readonly binding: Binding; readonly count: number }[];
}

/** A binding that was not used for this long wants nothing in advance. */
const forgetAfterMs = 60_000;
/** A peak of simultaneous new conversations is expected to come again for this long. */
const peakHoldsMs = 5_000;

export function createCleanDemand(): CleanDemand {
  const known = new Map<
    string,
    { binding: Binding; begun: number; running: number; peak: number; peakAt: number; usedAt: number }
  >();
  const keyOf = ({ owner, system }: Binding): string => JSON.stringify([owner, system]);

  return {
    began(binding, now) {
      const key = keyOf(binding);
      const entry = known.get(key) ?? { binding, begun: 0, running: 0, peak: 0, peakAt: now, usedAt: now };
      known.set(key, entry);
      entry.begun += 1;
      entry.running += 1;
      entry.usedAt = now;
      if (entry.running >= entry.peak) {
        entry.peak = entry.running;
        entry.peakAt = now;
      }
    },
    ended(binding) {
      const entry = known.get(keyOf(binding));
      if (entry !== undefined) entry.running -= 1;
    },
    wanted(now) {
      const wishes: { binding: Binding; count: number }[] = [];
      for (const [key, entry] of known) {
        if (entry.running === 0 && now - entry.usedAt > forgetAfterMs) {
          known.delete(key);
          continue;
        }
        if (now - entry.peakAt > peakHoldsMs) entry.peak = Math.max(1, entry.running);
        // A system prompt that was seen once may never come again: a process kept for it would be wasted.
        if (entry.begun >= 2) wishes.push({ binding: entry.binding, count: entry.peak });
      }
      return wishes;
    },
  };
}
