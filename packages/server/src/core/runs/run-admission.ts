import { BudgetError } from "../budgets/admission-failures.ts";

/** Lets the calls of a run reserve one after the other, so that calls at one time cannot each take the last of a budget. */
export interface RunAdmission {
  /**
   * Reserves when it is the call's turn, and again after each other call of the run that ends, for as long as such calls hold
   * all that is left. Resolves with what is to be called when this one is settled. Rejects as `reserve` does, or with
   * the signal's reason.
   */
  admit(runId: string, reserve: () => Promise<void>, signal: AbortSignal): Promise<() => void>;
}

/** The calls of one run on this node. */
interface Lane {
  /** Those that came here and are not settled. */
  present: number;
  /** Those of them that have reserved. */
  open: number;
  /** Resolves when the call that came last has reserved, or was refused. */
  turn: Promise<void>;
  /** The next settling of an open call. */
  settling: PromiseWithResolvers<void>;
}

export function createRunAdmission(): RunAdmission {
  const lanes = new Map<string, Lane>();

  function enter(runId: string): Lane {
    const settling = Promise.withResolvers<void>();
    const lane = lanes.get(runId) ?? { present: 0, open: 0, turn: Promise.resolve(), settling };
    lane.present += 1;
    lanes.set(runId, lane);
    return lane;
  }

  function leave(runId: string, lane: Lane): void {
    lane.present -= 1;
    if (lane.present === 0) lanes.delete(runId);
  }

  return {
    async admit(runId, reserve, signal) {
      const lane = enter(runId);
      const before = lane.turn;
      const mine = Promise.withResolvers<void>();
      lane.turn = mine.promise;
      try {
        await orAborted(before, signal);
        await reserveWhenThereIsRoom(lane, reserve, signal);
      } catch (error) {
        leave(runId, lane);
        throw error;
      } finally {
        // Whoever leaves early does not let the next one past those before.
        void before.then(mine.resolve);
      }
      lane.open += 1;
      let isSettled = false;
      return () => {
        if (isSettled) return;
        isSettled = true;
        lane.open -= 1;
        lane.settling.resolve();
        lane.settling = Promise.withResolvers<void>();
        leave(runId, lane);
      };
    },
  };
}

async function reserveWhenThereIsRoom(lane: Lane, reserve: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    // Looked at before: one that is settled meanwhile may have made the room.
    const settled = lane.open > 0 ? lane.settling.promise : undefined;
    try {
      return await reserve();
    } catch (error) {
      const isOnlyHeld = error instanceof BudgetError && error.isOnlyHeld;
      if (!isOnlyHeld || settled === undefined) throw error;
    }
    await orAborted(settled, signal);
  }
}

/** Resolves with the work, which never rejects; rejects with the signal's reason where that comes first. */
function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    void work.then(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
  });
}
