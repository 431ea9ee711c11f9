import { FailureError, toFailure } from "@gantry/contracts/errors";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CallOutcome, LedgerCall } from "./ledger-batch.ts";

/** Collects the calls that come while a batch is under way and runs them as the next. */
export interface GroupCommit {
  /** Resolves with the call's result when its batch is committed. */
  submit<T>(call: LedgerCall<T>): Promise<T>;
  /** Refuses new calls and resolves when those that wait are done. May be called twice. */
  close(): Promise<void>;
}

interface Waiting {
  readonly call: LedgerCall;
  readonly settle: (outcome: CallOutcome) => void;
}

/** `run` resolves with an outcome for each call, in order, or rejects for all. */
export function createGroupCommit(
  run: (calls: readonly LedgerCall[]) => Promise<readonly CallOutcome[]>,
  batchLimit: number,
): GroupCommit {
  const waiting: Waiting[] = [];
  let working: Promise<void> | undefined;
  let closed = false;

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      // Callers whom the last commit has woken put in their next calls first: fewer, larger batches.
      await nextTurn();
      await runBatch(waiting.splice(0, batchLimit));
    }
    working = undefined;
  }

  async function runBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await run(batch.map(({ call }) => call));
      for (const [index, { settle }] of batch.entries()) {
        settle(outcomes[index] ?? { error: new Error("a call of the ledger was left without an outcome") });
      }
    } catch (error) {
      for (const { settle } of batch) settle({ error });
    }
  }

  return {
    submit<T>(call: LedgerCall<T>): Promise<T> {
      if (closed) return Promise.reject(new FailureError(toFailure("store_unavailable", "The store is closed.")));
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      // The value is what `call.run` returned.
      waiting.push({
        call,
        settle: (outcome) => ("error" in outcome ? reject(outcome.error) : resolve(outcome.value as T)),
      });
      working ??= work();
      return promise;
    },
    async close() {
      closed = true;
      await working;
    },
  };
}
