import type { BudgetState } from "@gantry/contracts/budgets";
import { readPages } from "../control/read-pages.ts";
import type { ControlStore } from "../ports/control-store.ts";

/** The budgets that hold for every request of a key: its own and its project's, as they stand. */
export async function listBudgetsOf(
  control: Pick<ControlStore, "listBudgets">,
  { keyId, projectId }: { readonly keyId: string; readonly projectId: string },
  now: number,
): Promise<readonly BudgetState[]> {
  const list = async (subject: "key" | "project", subjectId: string): Promise<BudgetState[]> => {
    const found: BudgetState[] = [];
    const pages = readPages((page) => control.listBudgets({ ...page, subject, subjectId }, now), 200);
    for await (const budgets of pages) found.push(...budgets);
    return found;
  };
  return (await Promise.all([list("key", keyId), list("project", projectId)])).flat();
}
