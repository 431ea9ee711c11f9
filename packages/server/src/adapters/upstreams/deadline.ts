import type { Clock } from "../../core/ports/clock.ts";

/** The deadline of an exchange, which moves as the exchange goes on. */
export interface Deadline {
  /** Calls `expire` once after `ms`, unless it is moved before; takes the place of what was set before. */
  set(ms: number, expire: () => void): void;
  /** Begins the same wait anew. */
  extend(): void;
  /** Waits for nothing until it is set or extended. */
  pause(): void;
  stop(): void;
}

/** Signs of life come often: they only note the time, and the one timer finds out when it rings what is left to wait. */
export function createDeadline(clock: Clock): Deadline {
  let wait = 0;
  let end = Infinity;
  let expire = (): void => {};
  let timer: { readonly at: number; readonly cancel: () => void } | undefined;

  function arm(): void {
    if (end === Infinity || (timer !== undefined && timer.at <= end)) return;
    timer?.cancel();
    timer = { at: end, cancel: clock.after(end - clock.now(), ring) };
  }

  function ring(): void {
    timer = undefined;
    if (clock.now() < end) return arm();
    end = Infinity;
    expire();
  }

  function extend(): void {
    end = clock.now() + wait;
    arm();
  }

  return {
    set(ms, call) {
      wait = ms;
      expire = call;
      extend();
    },
    extend,
    pause() {
      end = Infinity;
    },
    stop() {
      end = Infinity;
      timer?.cancel();
      timer = undefined;
    },
  };
}
