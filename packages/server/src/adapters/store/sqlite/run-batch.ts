import type { DatabaseSync } from "node:sqlite";
import { toCleanText } from "../shared/clean-text.ts";
import { createLedgerCalls } from "./ledger-calls.ts";
import { describeStorageFailure, toStatementFailure } from "./sqlite-error.ts";
import { isHold, type StoreAnswer, type StoreCall } from "./store-calls.ts";

/**
 * `onDecided` is told the answers before they are durable. Not after a failure, until a batch was written again: where the disk
 * is full, nothing is to begin that cannot be booked at its end. Where all calls but set money aside and are told, they
 * are written with the next batch, which may be an empty one: most of what is held is free again by then.
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
  /** Decided and told in the transaction that is open. */
  let unwritten: readonly StoreCall[] = [];

  const runTogether: RunBatch = (calls, onDecided) => {
    // Of a rollback that failed itself.
    if (db.isTransaction && unwritten.length === 0) db.exec("rollback");
    if (!db.isTransaction) db.exec("begin immediate");
    try {
      const answers = calls.map(runCall);
      const isTold = isSound && onDecided !== undefined;
      if (isTold) onDecided(answers);
      if (isTold && calls.length > 0 && calls.every(isHold)) {
        unwritten = [...unwritten, ...calls];
        return answers;
      }
      ledger.flush();
      db.exec("commit");
      isSound = true;
      unwritten = [];
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

  const runAlone = (call: StoreCall): StoreAnswer => {
    try {
      return runTogether([call])[0] ?? { failure: { message: "The store gave no answer." } };
    } catch (error) {
      return { failure: toStatementFailure(error) };
    }
  };

  return (calls, onDecided) => {
    if (calls.length === 0 && unwritten.length === 0) return [];
    try {
      return runTogether(calls, onDecided);
    } catch (error) {
      const failure = toStatementFailure(error);
      const told = unwritten;
      unwritten = [];
      if (describeStorageFailure(error) !== undefined) return calls.map(() => ({ failure }));
      // What was told before is done again, so that it is still held.
      for (const call of told) runAlone(call);
      return calls.length === 1 && told.length === 0 ? [{ failure }] : calls.map(runAlone);
    }
  };
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
