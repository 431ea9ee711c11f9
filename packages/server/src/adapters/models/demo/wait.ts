import type { Clock } from "../../../core/ports/clock.ts";

/** Resolves after `ms` or as soon as `signal` aborts, whichever comes first. */
export function wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      cancel();
      signal.removeEventListener("abort", settle);
      resolve();
    };
    const cancel = clock.after(ms, settle);
    signal.addEventListener("abort", settle);
  });
}
