import type { Clock } from "../ports/clock.ts";

/**
 * Says what a lease may end at, at most, to be over. Where nobody else uses the store that is more than the time: whoever was given a lease
 * before this start is dead, whatever the lease says.
 */
export function createLeasesOver(
  { clock, shared }: { readonly clock: Clock; readonly shared: boolean },
  leaseMs: number,
): () => number {
  const startedAt = clock.epoch();
  return () => (shared ? clock.epoch() : Math.max(clock.epoch(), startedAt + leaseMs - 1));
}
