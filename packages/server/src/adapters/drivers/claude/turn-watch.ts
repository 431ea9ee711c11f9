import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../../../core/ports/clock.ts";
import type { TurnDeadlines } from "../../../core/ports/driver.ts";

/** Watches over the deadlines of one turn. */
export interface TurnWatch {
  /** The model gave a sign of life. */
  sign(): void;
  /** While the reader of the answer is slow the program's silence is not its own; the total runs on. */
  pause(): void;
  resume(): void;
  stop(): void;
}

/**
 * One timer serves all three deadlines: a sign only notes the time, and the timer, when it fires, sets itself again for
 * what is left. So a delta costs no timer.
 */
export function createTurnWatch(
  clock: Clock,
  deadlines: TurnDeadlines,
  onExpired: (failure: Failure) => void,
): TurnWatch {
  const startedAt = clock.now();
  let lastSignAt = startedAt;
  let signed = false;
  let paused = false;
  let stopped = false;
  let cancel: () => void = () => {};

  const allowance = (): number => (signed ? deadlines.silenceMs : deadlines.firstByteMs);

  function check(): void {
    const now = clock.now();
    const totalLeft = startedAt + deadlines.totalMs - now;
    const silenceLeft = paused ? Number.POSITIVE_INFINITY : lastSignAt + allowance() - now;
    if (totalLeft <= 0) return onExpired(toExpiry("The whole answer took longer than", deadlines.totalMs));
    if (silenceLeft <= 0) {
      const what = signed ? "The model fell silent for more than" : "The model gave no sign within";
      return onExpired(toExpiry(what, allowance()));
    }
    // Never longer than the allowed silence, which may begin at any time with the first sign.
    cancel = clock.after(Math.ceil(Math.min(totalLeft, silenceLeft, deadlines.silenceMs)), check);
  }

  cancel = clock.after(Math.min(deadlines.totalMs, deadlines.firstByteMs, deadlines.silenceMs), check);
  return {
    sign() {
      signed = true;
      lastSignAt = clock.now();
    },
    pause() {
      paused = true;
    },
    resume() {
      // A reader may empty what was queued long after the turn has come to rest.
      if (stopped) return;
      paused = false;
      lastSignAt = clock.now();
      cancel();
      check();
    },
    stop() {
      stopped = true;
      cancel();
    },
  };
}

function toExpiry(what: string, limitMs: number): Failure {
  return toFailure("upstream_timeout", `${what} ${limitMs / 1000} s.`);
}
