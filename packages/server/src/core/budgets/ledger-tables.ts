import type { AuditEntry } from "@gantry/contracts/audit";
import type { Budget } from "@gantry/contracts/budgets";
import type { UsageOutcome, UsageRow } from "@gantry/contracts/usage";
import type { Amounts, ReserveRequest } from "../ports/ledger.ts";

/**
 * The rows that ledger operations read and write, as a store lays them before one transaction. Reads see what was written before in the
 * same transaction; only one transaction at a time works on them.
 */
export interface LedgerTables {
  /** All budgets of these subjects, enforced and shadow alike. */
  budgetsOf(projectId: string, keyId: string, runId: string | null): readonly Budget[];
  budget(id: string): Budget | undefined;
  /** Zeros where nothing was booked in that window yet. */
  window(budgetId: string, start: number): WindowSums;
  putWindow(budgetId: string, start: number, sums: WindowSums): void;
  reservation(requestId: string): Reservation | undefined;
  putReservation(reservation: Reservation): void;
  removeReservation(requestId: string): void;
  /** Open reservations of a key. */
  openReservations(keyId: string): number;
  /** How a request was billed; undefined where it was not. */
  usageOutcome(id: string): UsageOutcome | undefined;
  /** Writes a row, in place of one of the same id. */
  putUsage(row: UsageRow): void;
  appendAudit(entry: AuditEntry): void;
}

export interface WindowSums {
  readonly spent: number;
  readonly reserved: number;
}

/** An open reservation with the windows it was made in: they are settled even after the calendar has moved on. */
export interface Reservation {
  readonly request: ReserveRequest;
  readonly amounts: Amounts;
  readonly parts: readonly { readonly budgetId: string; readonly windowStart: number; readonly amount: number }[];
}
