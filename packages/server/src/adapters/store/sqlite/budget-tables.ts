import type { Budget, BudgetSubject } from "@gantry/contracts/budgets";
import type { Selectable } from "kysely";
import type { DatabaseSync } from "node:sqlite";
import type { LedgerTables, WindowSums } from "../../../core/budgets/ledger-tables.ts";
import { toBudget } from "../shared/budget-rows.ts";
import type { Database } from "../shared/schema.ts";
import type { TableCopies } from "./table-copies.ts";

type BudgetTables = Pick<LedgerTables, "budgetsOf" | "budget" | "window" | "putWindow"> & TableCopies;

/** So many budgets and windows are kept in memory at most. */
const mostCopies = 20_000;
const noSums: WindowSums = { spent: 0, reserved: 0 };

interface Window extends WindowSums {
  readonly budgetId: string;
  readonly start: number;
}

/**
 * Budgets and their sums. Sums change with every call, so that they are written once at the end of a batch. Copies of budgets are good until
 * some statement may have changed them, see `forget`.
 */
export function createBudgetTables(db: DatabaseSync): BudgetTables {
  const bySubject = db.prepare("select * from budgets where subject_id = ? and subject = ? order by created_at, id");
  const byId = db.prepare("select * from budgets where id = ?");
  const selectWindow = db.prepare(
    "select spent, reserved from budget_windows where budget_id = ? and window_start = ?",
  );
  const writeWindow = db.prepare(
    "insert into budget_windows (budget_id, window_start, spent, reserved) values (?, ?, ?, ?) " +
      "on conflict (budget_id, window_start) do update set spent = excluded.spent, reserved = excluded.reserved",
  );
  const subjects = new Map<string, readonly Budget[]>();
  const budgets = new Map<string, Budget | undefined>();
  const windows = new Map<string, WindowSums>();
  const changed = new Map<string, Window>();

  const read = (subject: BudgetSubject, id: string): readonly Budget[] =>
    bySubject.all(id, subject).map((row) => toBudget(toRecord(row)));
  const readKept = (subject: BudgetSubject, id: string): readonly Budget[] => {
    const name = `${subject}:${id}`;
    const known = subjects.get(name);
    if (known !== undefined) return known;
    const found = read(subject, id);
    subjects.set(name, found);
    return found;
  };

  return {
    budgetsOf(projectId, keyId, runId) {
      const lasting = [...readKept("project", projectId), ...readKept("key", keyId)];
      // A run is over soon: a copy of what bounds it would only take room.
      return runId === null ? lasting : [...lasting, ...read("run", runId)];
    },
    budget(id) {
      if (budgets.has(id)) return budgets.get(id);
      const row = byId.get(id);
      const budget = row && toBudget(toRecord(row));
      budgets.set(id, budget);
      return budget;
    },
    window(budgetId, start) {
      const name = `${start}:${budgetId}`;
      const known = windows.get(name);
      if (known !== undefined) return known;
      const row = selectWindow.get(budgetId, start);
      const sums = row === undefined ? noSums : { spent: Number(row["spent"]), reserved: Number(row["reserved"]) };
      windows.set(name, sums);
      return sums;
    },
    putWindow(budgetId, start, sums) {
      const name = `${start}:${budgetId}`;
      windows.set(name, sums);
      changed.set(name, { budgetId, start, ...sums });
    },
    flush() {
      for (const { budgetId, start, spent, reserved } of changed.values()) {
        writeWindow.run(budgetId, start, spent, reserved);
      }
      changed.clear();
      for (const copies of [subjects, budgets, windows]) if (copies.size > mostCopies) copies.clear();
    },
    forget() {
      for (const copies of [subjects, budgets, windows, changed]) copies.clear();
    },
  };
}

/** All columns of the one table were selected. */
function toRecord(row: Record<string, unknown>): Selectable<Database["budgets"]> {
  return row as Selectable<Database["budgets"]>;
}
