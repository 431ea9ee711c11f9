import type { Budget, BudgetState, BudgetUpdate } from "@gantry/contracts/budgets";
import type { Kysely, Selectable, Updateable } from "kysely";
import { findWindow } from "../../../core/budgets/budget-window.ts";
import { toState } from "../../../core/budgets/ledger-operations.ts";
import type { ControlStore } from "../../../core/ports/control-store.ts";
import { toBudget } from "./budget-rows.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

type BudgetQueries = Pick<ControlStore, "createBudget" | "updateBudget" | "deleteBudget" | "getBudget" | "listBudgets">;
type BudgetRecord = Selectable<Database["budgets"]>;

export function createBudgetQueries(db: Kysely<Database>): BudgetQueries {
  const findRow = (id: string): Promise<BudgetRecord | undefined> =>
    db.selectFrom("budgets").selectAll().where("id", "=", id).executeTakeFirst();

  return {
    async createBudget(id, input, now) {
      const row = {
        id,
        subject: input.subject,
        subject_id: input.subjectId,
        unit: input.unit,
        period: input.window,
        max_amount: input.limit,
        shadow: Number(input.shadow),
        raise_amount: null,
        raise_until: null,
        created_at: now,
      };
      const query = db.insertInto("budgets").values(row).returningAll();
      return toBudget(await refuseTaken(query.executeTakeFirstOrThrow(), "A budget of this id exists already."));
    },
    async updateBudget(id, update) {
      const changes = toChanges(update);
      const row =
        Object.keys(changes).length === 0
          ? await findRow(id)
          : await db.updateTable("budgets").set(changes).where("id", "=", id).returningAll().executeTakeFirst();
      return row && toBudget(row);
    },
    async deleteBudget(id) {
      const { numDeletedRows } = await db.deleteFrom("budgets").where("id", "=", id).executeTakeFirst();
      // After the budget: sums without a budget are read by nobody.
      await db.deleteFrom("budget_windows").where("budget_id", "=", id).execute();
      return numDeletedRows > 0n;
    },
    async getBudget(id, now) {
      const row = await findRow(id);
      return row && (await addFigures(db, [toBudget(row)], now))[0];
    },
    async listBudgets({ limit, cursor, subject, subjectId }, now) {
      let query = db.selectFrom("budgets").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (subject !== undefined) query = query.where("subject", "=", subject);
      if (subjectId !== undefined) query = query.where("subject_id", "=", subjectId);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "budgets", "created_at", cursor)));
      }
      const page = toPage(await query.limit(limit + 1).execute(), limit, toBudget, ({ id }) => id);
      return { ...page, items: await addFigures(db, page.items, now) };
    },
  };
}

async function addFigures(db: Kysely<Database>, budgets: readonly Budget[], now: number): Promise<BudgetState[]> {
  if (budgets.length === 0) return [];
  const starts = new Map(budgets.map(({ id, window }) => [id, findWindow(window, now).start]));
  const windows = await db
    .selectFrom("budget_windows")
    .selectAll()
    .where("budget_id", "in", [...starts.keys()])
    .where("window_start", "in", [...new Set(starts.values())])
    .execute();
  return budgets.map((budget) => {
    // Windows of different lengths may begin at one time; each budget has sums for its own.
    const found = windows.find((row) => row.budget_id === budget.id && row.window_start === starts.get(budget.id));
    return toState(budget, { spent: found?.spent ?? 0, reserved: found?.reserved ?? 0 }, now);
  });
}

function toChanges(update: BudgetUpdate): Updateable<Database["budgets"]> {
  return {
    ...(update.limit !== undefined && { max_amount: update.limit }),
    ...(update.shadow !== undefined && { shadow: Number(update.shadow) }),
    ...(update.raise !== undefined && {
      raise_amount: update.raise?.amount ?? null,
      raise_until: update.raise?.until ?? null,
    }),
  };
}
