import type { Budget, BudgetSubject, BudgetUnit, BudgetWindow } from "@gantry/contracts/budgets";
import type { Selectable } from "kysely";
import type { Database } from "./schema.ts";

/** A budget as its row holds it. */
export function toBudget(row: Selectable<Database["budgets"]>): Budget {
  const { raise_amount: amount, raise_until: until } = row;
  return {
    id: row.id,
    // Only checked input is ever written, so that the three words are of their lists.
    subject: row.subject as BudgetSubject,
    subjectId: row.subject_id,
    unit: row.unit as BudgetUnit,
    window: row.period as BudgetWindow,
    limit: row.max_amount,
    shadow: row.shadow !== 0,
    raise: amount === null || until === null ? null : { amount, until },
    createdAt: row.created_at,
  };
}
