import type { Task, TaskSummary } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { callApi, readApi } from "./admin.ts";
import { readBooks, sumUsage } from "./read-books.ts";
import type { Gantry } from "./start-gantry.ts";
import { verifyAudit } from "./verify-audit.ts";

export interface CheckedTasks {
  readonly tasks: readonly TaskSummary[];
  readonly completed: number;
  /** Cut by a kill when they may have had their effect. */
  readonly failed: number;
  /** Out of the queue, when the time was over. */
  readonly cancelled: number;
  /** Lines that were written in all. */
  readonly effects: number;
  readonly usageRows: number;
}

/** All of them, page by page. */
async function readTasks(gantry: Gantry): Promise<readonly TaskSummary[]> {
  const tasks: TaskSummary[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: TaskSummary[]; next_cursor: string | null } = await readApi(
      gantry,
      "GET",
      `/v1/tasks?limit=100${query}`,
    );
    tasks.push(...page.data);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return tasks;
}

/**
 * Waits for the end of all tasks, each of which was to write its line once, and asserts that each ended honestly and had its effect at most once, that
 * the budgets are the sums of their rows, and that the audit is whole.
 */
export async function checkTasks(
  gantry: Gantry,
  marks: ReadonlyMap<string, string>,
  { mostFailed, mayBeCancelled }: { readonly mostFailed: number; readonly mayBeCancelled: boolean },
): Promise<CheckedTasks> {
  for (const status of ["queued", "running"]) {
    while ((await readApi<{ data: object[] }>(gantry, "GET", `/v1/tasks?status=${status}&limit=1`)).data.length > 0) {
      await pause(100);
    }
  }
  const tasks = await readTasks(gantry);
  assert.deepEqual(tasks.map(({ task_id: id }) => id).toSorted(), [...marks.keys()].toSorted(), "none lost or doubled");
  let effects = 0;
  for (const { task_id: id } of tasks) effects += await checkTask(gantry, id, `${marks.get(id)}\n`);
  const count = (meant: TaskSummary["status"]): number => tasks.filter(({ status }) => status === meant).length;
  const [completed, failed, cancelled] = [count("completed"), count("failed"), count("cancelled")];
  assert.equal(completed + failed + (mayBeCancelled ? cancelled : 0), tasks.length);
  assert.ok(failed <= mostFailed, `${failed} failed, at most ${mostFailed} were cut`);
  const usageRows = await checkBooks(gantry);
  await verifyAudit(gantry);
  return { tasks, completed, failed, cancelled, effects, usageRows };
}

/** Gives how often it had its effect: once where it is completed, once or never where it was cut. */
async function checkTask(gantry: Gantry, id: string, line: string): Promise<number> {
  const task = await readApi<Task>(gantry, "GET", `/v1/tasks/${id}`);
  const told = JSON.stringify(task);
  assert.ok(task.ended_at !== null && task.result !== null, told);
  assert.ok(task.status === "completed" || ("error" in task.result && task.result.error !== ""), told);
  // One whose tool may have had its effect is not begun anew: it has failed, and says so.
  const calls = task.execution_log.filter(({ action }) => action === "tool_call").length;
  assert.ok(task.status === "completed" ? calls === 1 : calls <= 1, told);
  const made = task.artifacts.find(({ path }) => path === "effects.txt");
  if (made === undefined) {
    assert.notEqual(task.status, "completed", told);
    return 0;
  }
  const { status, raw } = await callApi(gantry, "GET", `/v1/runs/${task.session_id}/artifacts/${made.id}`);
  assert.deepEqual([status, raw], [200, line], told);
  return 1;
}

async function checkBooks(gantry: Gantry): Promise<number> {
  const { budgets, usage } = await readBooks(gantry);
  const now = Date.now();
  assert.equal(new Set(usage.map(({ id }) => id)).size, usage.length);
  for (const budget of budgets) {
    assert.equal(budget.reserved, 0, `${budget.id} keeps nothing reserved`);
    if (budget.subject === "run") continue;
    assert.equal(budget.spent, sumUsage(budget, usage, now), `${budget.id} is the sum of its rows`);
  }
  assert.ok(budgets.some(({ subject, spent }) => subject === "project" && spent > 0));
  return usage.length;
}
