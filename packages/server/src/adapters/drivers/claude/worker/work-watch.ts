import { toFailure, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../../../../core/ports/clock.ts";
import type { TurnDeadlines } from "../../../../core/ports/driver.ts";
import { createTurnWatch, type TurnWatch } from "../turn-watch.ts";

/**
 * Watches over one turn of work: each call of the model has its own deadlines, and while neither a model nor a tool nor a
 * handler is at work the CLI may not be silent. Tools and handlers take as long as they like.
 */
export interface WorkWatch {
  /** A line has come. `isCalling`: a call of the model is under way; `isWaiting`: something without a deadline is. */
  note(state: WatchState): void;
  /** While the reader of the events is slow the program's silence is not its own. */
  pause(): void;
  resume(): void;
  stop(): void;
}

export interface WatchState {
  readonly isCalling: boolean;
  readonly isWaiting: boolean;
  /** The line is a sign of the model. */
  readonly isSign: boolean;
}

export function createWorkWatch(
  clock: Clock,
  deadlines: TurnDeadlines,
  onExpired: (failure: Failure) => void,
): WorkWatch {
  let model: TurnWatch | undefined;
  let cancelSilence: () => void = () => {};
  let paused = false;
  let stopped = false;

  const expire = (): void => onExpired(toFailure("agent_failed", "The agent process fell silent."));

  function watchSilence(isAwaited: boolean): void {
    cancelSilence();
    cancelSilence = isAwaited && !paused ? clock.after(deadlines.totalMs, expire) : () => {};
  }

  function watchModel(isCalling: boolean): void {
    if (!isCalling) {
      model?.stop();
      model = undefined;
    } else model ??= createTurnWatch(clock, deadlines, onExpired);
  }

  watchSilence(true);
  return {
    note({ isCalling, isWaiting, isSign }) {
      if (stopped) return;
      watchModel(isCalling);
      if (isSign) model?.sign();
      watchSilence(!isCalling && !isWaiting);
    },
    pause() {
      paused = true;
      cancelSilence();
      model?.pause();
    },
    resume() {
      if (stopped || !paused) return;
      paused = false;
      model?.resume();
    },
    stop() {
      stopped = true;
      cancelSilence();
      model?.stop();
    },
  };
}
