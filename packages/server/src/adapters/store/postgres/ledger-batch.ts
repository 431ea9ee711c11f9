import { budgetWindows, type BudgetSubject } from "@gantry/contracts/budgets";
import type pg from "pg";
import type { AuditDigest } from "../../../core/audit/audit-chain.ts";
import { findWindow } from "../../../core/budgets/budget-window.ts";
import { toAuditRecord } from "../shared/audit-rows.ts";
import { toReservationRecord, toWindowRecord } from "./ledger-rows.ts";
import { beginBatch, loadBatch, renewLeases, writeBatch, type LoadedRows } from "./ledger-statements.ts";
import { createLoadedTables, type LedgerChanges, type LoadedTables } from "./loaded-tables.ts";

/** One call of the ledger: what it needs to see, and what it does with it. */
export interface LedgerCall<T = unknown> {
  readonly needs: LedgerNeeds;
  /** Leases to keep, before anything is loaded. */
  readonly renewal?: { readonly nodeId: string; readonly until: number };
  run(tables: LoadedTables): T;
}

export interface LedgerNeeds {
  readonly requestIds?: readonly string[];
  /** Whose budgets apply, in the windows that `at` falls into. */
  readonly subjects?: readonly (readonly [subject: BudgetSubject, id: string])[];
  /** Epoch milliseconds. */
  readonly at?: number;
  /** Keys whose open reservations are counted. */
  readonly keyIds?: readonly string[];
}

/** A call's result, or what it threw. */
export type CallOutcome = { readonly value: unknown } | { readonly error: unknown };

/**
 * Runs calls one after the other in one transaction, which is committed when this resolves; a call that throws changes
 * nothing and fails alone. Two round trips. Rejects where the transaction was not committed, or where nobody can tell.
 */
export async function runLedgerBatch(
  client: pg.Client,
  calls: readonly LedgerCall[],
  digest: AuditDigest,
): Promise<readonly CallOutcome[]> {
  const tables = createLoadedTables(await openBatch(client, calls), digest);
  const outcomes = calls.map((call) => attempt(tables, call));
  await closeBatch(client, tables.changes());
  return outcomes;
}

async function openBatch(client: pg.Client, calls: readonly LedgerCall[]): Promise<LoadedRows> {
  // Sent together; the server takes them one after the other.
  const begun = client.query(beginBatch);
  const renewed = calls.flatMap(({ renewal }) =>
    renewal === undefined ? [] : [client.query({ ...renewLeases, values: [renewal.nodeId, renewal.until] })],
  );
  const loaded = client.query<LoadedRows>({ ...loadBatch, values: toLoadValues(calls) });
  await untilAnswered([begun, ...renewed, loaded]);
  const [rows] = (await loaded).rows;
  if (rows === undefined) throw new Error("the ledger's rows were asked for, and none came");
  return rows;
}

async function closeBatch(client: pg.Client, changes: LedgerChanges): Promise<void> {
  const nothing = Object.values(changes).every((rows: readonly unknown[]) => rows.length === 0);
  const written = nothing ? [] : [client.query({ ...writeBatch, values: toWriteValues(changes) })];
  await untilAnswered([...written, client.query("commit")]);
}

function attempt(tables: LoadedTables, call: LedgerCall): CallOutcome {
  try {
    return { value: tables.attempt((inside) => call.run(inside)) };
  } catch (error) {
    return { error };
  }
}

/** Waits for all, and throws the first error: those behind it only say that the transaction is spoilt. */
async function untilAnswered(answers: readonly Promise<unknown>[]): Promise<void> {
  const settled = await Promise.allSettled(answers);
  const failed = settled.find((answer) => answer.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function toLoadValues(calls: readonly LedgerCall[]): unknown[] {
  const needs = calls.map((call) => call.needs);
  const subjects = unique(needs.flatMap((need) => need.subjects ?? []));
  const times = new Set(needs.flatMap(({ at }) => (at === undefined ? [] : [at])));
  const windows = unique(
    [...times].flatMap((at) => budgetWindows.map((window) => [window, findWindow(window, at).start] as const)),
  );
  return [
    [...new Set(needs.flatMap((need) => need.requestIds ?? []))],
    subjects.map(([subject]) => subject),
    subjects.map(([, id]) => id),
    windows.map(([window]) => window),
    windows.map(([, start]) => start),
    [...new Set(needs.flatMap((need) => need.keyIds ?? []))],
  ];
}

function unique<Pair extends readonly [string, string | number]>(pairs: readonly Pair[]): readonly Pair[] {
  return [...new Map(pairs.map((pair) => [`${pair[0]} ${pair[1]}`, pair])).values()];
}

function toWriteValues(changes: LedgerChanges): unknown[] {
  return [
    JSON.stringify(changes.windows.map(toWindowRecord)),
    JSON.stringify(changes.reservations.map(toReservationRecord)),
    JSON.stringify(changes.usage),
    JSON.stringify(changes.audit.map(toAuditRecord)),
    changes.ended,
  ];
}
