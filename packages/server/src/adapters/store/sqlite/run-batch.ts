import type { DatabaseSync } from "node:sqlite";
import { toCleanText } from "../shared/clean-text.ts";
import { createLedgerCalls } from "./ledger-calls.ts";
import { describeStorageFailure, toStatementFailure } from "./sqlite-error.ts";
import type { StoreAnswer, StoreCall } from "./store-calls.ts";

/**
 * `onDecided` is told the answers before they are durable. Not after a failure, until a batch was written again: where the disk
 * is full, nothing is to begin that cannot be booked at its end.
 */
export type RunBatch = (
  calls: readonly StoreCall[],
  onDecided?: (answers: readonly StoreAnswer[]) => void,
) => readonly StoreAnswer[];

/**
 * Runs the calls that wait in one transaction, one after the other, so that one sync of the disk makes them all durable. A call
 * that fails fails alone: the batch is rolled back and its calls run again, each in a transaction of its own.
 */
export function createBatchRunner(db: DatabaseSync): RunBatch {
  const ledger = createLedgerCalls(db);
  let isSound = true;

  const runTogether: RunBatch = (calls, onDecided) => {
    // Of a rollback that failed itself.
    if (db.isTransaction) db.exec("rollback");
    db.exec("begin immediate");
    try {
      const answers = calls.map(runCall);
      if (isSound) onDecided?.(answers);
      ledger.flush();
      db.exec("commit");
      isSound = true;
      return answers;
    } catch (error) {
      isSound = false;
      // A failure of the disk may have ended the transaction already.
      if (db.isTransaction) db.exec("rollback");
      ledger.forget();
      throw error;
    }
  };

  const runCall = (call: StoreCall): StoreAnswer => {
    if (call[0] !== "query") return { value: dispatch(call) };
    try {
      return { value: dispatch(call) };
    } catch (error) {
      // SQLite takes back a statement that broke a rule of its table by itself; the rest of the batch stands.
      if (!db.isTransaction || describeStorageFailure(error) !== undefined) throw error;
      return { failure: toStatementFailure(error) };
    }
  };

  const dispatch = ([name, ...parameters]: StoreCall): unknown => {
    // The tuple's type binds the parameters to the name; the compiler cannot follow that through a lookup.
    const run = ledger.calls[name] as (...given: readonly unknown[]) => unknown;
    // Statements come clean from their queries.
    return run(...(name === "query" ? parameters : toCleanText(parameters)));
  };

  const runBatch: RunBatch = (calls, onDecided) => {
    try {
      return runTogether(calls, onDecided);
    } catch (error) {
      const failure = toStatementFailure(error);
      if (calls.length === 1 || describeStorageFailure(error) !== undefined) return calls.map(() => ({ failure }));
      return calls.flatMap((call) => runBatch([call]));
    }
  };
  return runBatch;
}

/** For a connection that only reads: each statement by itself, none in a transaction. */
export function createReadRunner(db: DatabaseSync): RunBatch {
  return (calls) =>
    calls.map((call) => {
      try {
        if (call[0] !== "query") throw new TypeError(`A thread that only reads cannot ${call[0]}.`);
        const [, sql, values] = call;
        return { value: { rows: db.prepare(sql).all(...values) } };
      } catch (error) {
        return { failure: toStatementFailure(error) };
      }
    });
}
