import type { BudgetState } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import { findWindow } from "../../packages/server/src/core/budgets/budget-window.ts";
import { readApi } from "./admin.ts";
import type { ChatTarget } from "./chat.ts";

/** What a store says of money: every budget as it stands, and every usage row. */
export interface Books {
  readonly budgets: readonly BudgetState[];
  readonly usage: readonly UsageRow[];
}

/** Reads the books page by page, with a key of scope `admin`. Budgets first: what is booked meanwhile has its row. */
export async function readBooks(admin: ChatTarget): Promise<Books> {
  return {
    budgets: await readPages<BudgetState>(admin, "/v1/admin/budgets"),
    usage: await readPages<UsageRow>(admin, "/v1/admin/usage"),
  };
}

/** What the rows of a budget's subject come to, in the budget's unit and its window of this time (epoch milliseconds). */
export function sumUsage(budget: BudgetState, usage: readonly UsageRow[], now: number): number {
  const { start } = findWindow(budget.window, now);
  const own = usage.filter((row) => (budget.subject === "key" ? row.keyId : row.projectId) === budget.subjectId);
  // A request is booked in the window of its beginning; its row bears the time of its end.
  const counted = own.filter(({ at, latencyMs }) => at - latencyMs >= start);
  return counted.reduce((sum, row) => sum + (budget.unit === "micros" ? (row.costMicros ?? 0) : countTokens(row)), 0);
}

export function countTokens({ tokens }: UsageRow): number {
  return tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens + tokens.outputTokens;
}

async function readPages<Row>(admin: ChatTarget, path: string): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: Row[]; next_cursor: string | null } = await readApi(admin, "GET", `${path}?limit=200${query}`);
    rows.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return rows;
}
