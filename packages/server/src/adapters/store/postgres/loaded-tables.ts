import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";
import type { Budget } from "@gantry/contracts/budgets";
import type { UsageOutcome } from "@gantry/contracts/usage";
import { chainEntry, type AuditDigest } from "../../../core/audit/audit-chain.ts";
import type { LedgerTables, Reservation, WindowSums } from "../../../core/budgets/ledger-tables.ts";
import type { LoadedRows } from "./ledger-statements.ts";
import { toBudget } from "../shared/budget-rows.ts";
import { toUsageRecord } from "../shared/usage-rows.ts";
import { toReservation } from "./ledger-rows.ts";

/** A batch's rows in memory. */
export interface LoadedTables extends LedgerTables {
  appendAudit(entry: AuditEntry): AuditRow;
  /** Runs one operation; where it throws, nothing of what it wrote stays. */
  attempt<T>(operation: (tables: LoadedTables) => T): T;
  changes(): LedgerChanges;
}

/** What the operations of a batch have written, each row in its last state. */
export interface LedgerChanges {
  readonly windows: readonly BookedWindow[];
  readonly reservations: readonly Reservation[];
  /** Ids of reservations that are no more. */
  readonly ended: readonly string[];
  readonly usage: readonly UsageRecord[];
  readonly audit: readonly AuditRow[];
}

type UsageRecord = ReturnType<typeof toUsageRecord>;

export interface BookedWindow extends WindowSums {
  readonly budgetId: string;
  readonly start: number;
}

/** Lays loaded rows before the ledger's operations. What they change stays here until it is asked for. */
export function createLoadedTables(rows: LoadedRows, digest: AuditDigest): LoadedTables {
  const loaded = indexRows(rows);
  const written = {
    windows: new Map<string, BookedWindow>(),
    reservations: new Map<string, Reservation | null>(),
    openCounts: new Map<string, number>(),
    usage: new Map<string, UsageRecord>(),
    audit: new Map<number, AuditRow>(),
  };
  let head: Pick<AuditRow, "sequence" | "hash"> | undefined = rows.head ?? undefined;
  /** Takes the steps of the running operation back, last first. */
  let undo: (() => void)[] = [];

  function write<Key, Row>(table: Map<Key, Row>, key: Key, row: Row): void {
    const before = table.get(key);
    undo.push(() => (before === undefined ? table.delete(key) : table.set(key, before)));
    table.set(key, row);
  }

  function findReservation(id: string): Reservation | undefined {
    const changed = written.reservations.get(id);
    return changed === undefined ? loaded.reservations.get(id) : (changed ?? undefined);
  }

  function countOpen(keyId: string, change: 1 | -1): void {
    write(written.openCounts, keyId, tables.openReservations(keyId) + change);
  }

  const tables: LoadedTables = {
    budgetsOf: (projectId, keyId, runId) => [
      ...loaded.budgetsOf("project", projectId),
      ...loaded.budgetsOf("key", keyId),
      ...(runId === null ? [] : loaded.budgetsOf("run", runId)),
    ],
    budget: (id) => loaded.budgets.get(id),
    window(budgetId, start) {
      const key = toWindowKey(budgetId, start);
      const { spent, reserved } = written.windows.get(key) ?? loaded.windows.get(key) ?? noSums;
      return { spent, reserved };
    },
    putWindow(budgetId, start, { spent, reserved }) {
      // The windows of a deleted budget went with it.
      if (!loaded.budgets.has(budgetId)) return;
      if (!Number.isSafeInteger(spent) || !Number.isSafeInteger(reserved)) {
        throw new RangeError(`the sums of budget ${budgetId} leave the range that is counted exactly`);
      }
      write(written.windows, toWindowKey(budgetId, start), { budgetId, start, spent, reserved });
    },
    reservation: findReservation,
    putReservation(reservation) {
      const { requestId, keyId } = reservation.request;
      if (findReservation(requestId) === undefined) countOpen(keyId, 1);
      write(written.reservations, requestId, reservation);
    },
    removeReservation(requestId) {
      const reservation = findReservation(requestId);
      if (reservation === undefined) return;
      countOpen(reservation.request.keyId, -1);
      write(written.reservations, requestId, null);
    },
    openReservations: (keyId) => written.openCounts.get(keyId) ?? loaded.openCounts.get(keyId) ?? 0,
    usageOutcome(id) {
      const row = written.usage.get(id);
      // It was made of a usage row.
      return row === undefined ? loaded.outcomes.get(id) : (row.outcome as UsageOutcome);
    },
    // Made here, where a row that cannot be made fails its own call.
    putUsage: (row) => write(written.usage, row.id, toUsageRecord(row)),
    appendAudit(entry) {
      const before = head;
      const row = chainEntry(before, entry, digest);
      undo.push(() => {
        head = before;
      });
      head = row;
      write(written.audit, row.sequence, row);
      return row;
    },
    attempt(operation) {
      undo = [];
      try {
        return operation(tables);
      } catch (error) {
        for (const step of undo.toReversed()) step();
        throw error;
      }
    },
    changes: () => ({
      windows: [...written.windows.values()],
      reservations: [...written.reservations.values()].filter((reservation) => reservation !== null),
      ended: [...written.reservations].filter(([, reservation]) => reservation === null).map(([id]) => id),
      usage: [...written.usage.values()],
      audit: [...written.audit.values()],
    }),
  };
  return tables;
}

const noSums: WindowSums = { spent: 0, reserved: 0 };

function indexRows(rows: LoadedRows) {
  const budgets = new Map(rows.budgets.map((row) => [row.id, toBudget(row)]));
  const bySubject = Map.groupBy(budgets.values(), ({ subject, subjectId }) => `${subject} ${subjectId}`);
  return {
    budgets,
    budgetsOf: (subject: Budget["subject"], id: string): readonly Budget[] => bySubject.get(`${subject} ${id}`) ?? [],
    windows: new Map<string, WindowSums>(
      rows.windows.map((row) => [toWindowKey(row.budget_id, row.window_start), row]),
    ),
    reservations: new Map(rows.reservations.map((row) => [row.request_id, toReservation(row)])),
    openCounts: new Map(rows.open.map((row) => [row.key_id, row.count])),
    outcomes: new Map<string, UsageOutcome>(rows.billed.map((row) => [row.id, row.outcome])),
  };
}

function toWindowKey(budgetId: string, start: number): string {
  return `${budgetId} ${start}`;
}
