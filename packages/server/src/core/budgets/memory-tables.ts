import type { AuditEntry } from "@gantry/contracts/audit";
import type { Budget } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import type { LedgerTables, Reservation, WindowSums } from "./ledger-tables.ts";

/** The ledger's tables in memory, with their rows open to look at: for tests of the rules. */
export interface MemoryTables extends LedgerTables {
  readonly budgets: Map<string, Budget>;
  /** Sums by budget and start of window. */
  readonly windows: Map<string, Map<number, WindowSums>>;
  readonly reservations: Map<string, Reservation>;
  readonly usage: Map<string, UsageRow>;
  readonly audit: AuditEntry[];
}

const noSums: WindowSums = { spent: 0, reserved: 0 };

export function createMemoryTables(budgets: readonly Budget[] = []): MemoryTables {
  const byId = new Map(budgets.map((budget) => [budget.id, budget]));
  const windows = new Map<string, Map<number, WindowSums>>();
  const reservations = new Map<string, Reservation>();
  const usage = new Map<string, UsageRow>();
  const audit: AuditEntry[] = [];
  return {
    budgets: byId,
    windows,
    reservations,
    usage,
    audit,
    budgetsOf(projectId, keyId, runId) {
      const subjects = { project: projectId, key: keyId, run: runId };
      return [...byId.values()].filter(({ subject, subjectId }) => subjects[subject] === subjectId);
    },
    budget: (id) => byId.get(id),
    window: (budgetId, start) => windows.get(budgetId)?.get(start) ?? noSums,
    putWindow(budgetId, start, sums) {
      const ofBudget = windows.get(budgetId) ?? new Map<number, WindowSums>();
      windows.set(budgetId, ofBudget.set(start, sums));
    },
    reservation: (requestId) => reservations.get(requestId),
    putReservation: (reservation) => void reservations.set(reservation.request.requestId, reservation),
    removeReservation: (requestId) => void reservations.delete(requestId),
    openReservations: (keyId) => [...reservations.values()].filter(({ request }) => request.keyId === keyId).length,
    usageOutcome: (id) => usage.get(id)?.outcome,
    putUsage: (row) => void usage.set(row.id, row),
    appendAudit: (entry) => void audit.push(entry),
  };
}
