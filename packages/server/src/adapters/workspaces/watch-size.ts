import type { Clock } from "../../core/ports/clock.ts";
import type { SizeWatch } from "../../core/ports/workspaces.ts";

export interface SizeWatchParts {
  readonly clock: Pick<Clock, "now" | "after">;
  readonly limitBytes: number;
  measure(): Promise<number>;
  onExceeded(usedBytes: number): void;
  /** A measure failed; the watch goes on. */
  onError(error: unknown): void;
}

/** Measuring takes this part of the time at most, so that a large folder costs no more than a small one. */
const share = 20;
const shortestPauseMs = 1_000;
const longestPauseMs = 60_000;

/** Measures until the limit is exceeded or the watch is stopped. */
export function watchSize({ clock, limitBytes, measure, onExceeded, onError }: SizeWatchParts): SizeWatch {
  let stopped = false;
  let cancel: () => void = () => {};

  async function look(): Promise<void> {
    const began = clock.now();
    const used = await measure().catch((error: unknown) => {
      onError(error);
      return 0;
    });
    if (stopped) return;
    if (used > limitBytes) {
      stopped = true;
      return onExceeded(used);
    }
    const pause = Math.min(longestPauseMs, Math.max(shortestPauseMs, (clock.now() - began) * share));
    cancel = clock.after(pause, () => void look());
  }

  void look();
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}
