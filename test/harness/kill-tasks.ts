import type { Task, TaskSummary } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { callApi, createAdmin, readApi } from "./admin.ts";
import type { ChatTarget } from "./chat.ts";
import { checkTasks, type CheckedTasks } from "./check-tasks.ts";
import { waitUntilNone } from "./processes.ts";
import { createRandom } from "./random.ts";
import { type Gantry, startGantry } from "./start-gantry.ts";

export interface TaskKillPlan {
  /** Tasks that one project hands over before any kill. */
  readonly tasks: number;
  readonly workers: number;
  readonly kills: number;
  /** Tasks that another project hands over one after the other, while most of the others still wait. */
  readonly singles: number;
  readonly seed: number;
  /** Path of the CLI; the installed one where it is missing. */
  readonly claude?: string;
  /** Whether the time is over: what waits then is cancelled, and what was done is checked. */
  isOver?(): boolean;
  progress?(line: string): void;
}

export interface KilledTasks extends CheckedTasks {
  /** Fewer than were planned where the time was over before. */
  readonly kills: number;
  /** One for each single task. */
  readonly waits: readonly SingleWait[];
}

export interface SingleWait {
  /** From the moment that it was handed over until it began. */
  readonly waitMs: number;
  /** Of the other project's tasks that ran in that time. */
  readonly longestTaskMs: number;
  /** Tasks of the other project that began in that time. */
  readonly overtaken: number;
}

/** The server is killed at a moment of so many milliseconds at most after so many tasks are left. */
const longestMs = 1_500;
const callers = 8;

/**
 * Hands many tasks over, each of which adds a line to a file, and kills the server amid them. Rejects where one has no honest end, where one
 * had its effect twice, where the books or the audit are not whole, or where a process is left.
 */
export async function killTasks(plan: TaskKillPlan): Promise<KilledTasks> {
  const { tasks: count, workers, kills, singles, seed, claude, progress = () => {} } = plan;
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-tasks-"));
  const env = { GANTRY_SESSION_PROCESSES: String(workers), GANTRY_LOG_LEVEL: "warn" };
  const options = { data: join(folder.path, "data"), env, ...(claude !== undefined && { claude }) };
  const random = createRandom(seed);
  let gantry = await startGantry(options);
  await using _stopped = { [Symbol.asyncDispose]: () => gantry.stop() };
  const [busy, lone] = await layOut(gantry);
  const marks = await handOver({ url: gantry.url, key: busy }, count);
  progress(`${count} tasks handed over`);
  const last = [...marks.keys()].at(-1) ?? assert.fail();

  const pollMs = Math.min(1_000, 10 * count);
  let isCut = false;
  /** Resolves when no more of them wait: false where the time was over before, and they were cancelled. */
  async function untilLeft(most: number): Promise<boolean> {
    while (!isCut) {
      const { queue_position: place } = await readApi<Task>(gantry, "GET", `/v1/tasks/${last}`);
      if ((place ?? 0) <= most) return true;
      isCut = plan.isOver?.() === true;
      if (isCut) await cancelWaiting(gantry, marks);
      else await pause(pollMs);
    }
    return false;
  }

  const alone: Task[] = [];
  for (let index = 0; index < singles; index++) {
    if (!(await untilLeft(Math.floor(count * (1 - (0.3 * (index + 1)) / singles))))) break;
    const made = await submit({ url: gantry.url, key: lone }, toBody(`single${index}`), 200);
    assert.equal(made.status, "completed", JSON.stringify(made.result));
    alone.push(made);
    marks.set(made.task_id, `single${index}`);
    progress(`single task ${index + 1} of ${singles}`);
  }
  let made = 0;
  for (; made < kills && (await untilLeft(Math.floor(count * 0.5 * (1 - made / kills)))); made++) {
    await pause(random.below(longestMs));
    await gantry.kill9();
    await waitUntilNone(gantry.processes);
    await gantry.stop();
    gantry = await startGantry(options);
    progress(`kill ${made + 1} of ${kills}`);
  }
  await untilLeft(0);
  const checked = await checkTasks(gantry, marks, { mostFailed: made * workers, mayBeCancelled: isCut });
  const others = checked.tasks.filter(({ task_id: id }) => !alone.some((task) => task.task_id === id));
  const { processes } = gantry;
  await gantry.stop();
  await waitUntilNone(processes);
  return { ...checked, kills: made, waits: alone.map((task) => toWait(task, others)) };
}

/** Two projects with budgets that only count, and a key of each for tasks. */
async function layOut(gantry: Gantry): Promise<readonly [string, string]> {
  const admin = createAdmin(gantry);
  const keys: string[] = [];
  for (const name of ["busy", "lone"]) {
    const { id: projectId } = await admin.createProject({ name });
    const { id, key } = await admin.createKey({ projectId, name, scopes: ["tasks"] });
    for (const unit of ["micros", "tokens"] as const) {
      await admin.createBudget({ subject: "project", subjectId: projectId, unit, limit: 1_000_000_000_000 });
      await admin.createBudget({ subject: "key", subjectId: id, unit, limit: 1_000_000_000_000 });
    }
    keys.push(key);
  }
  return [keys[0] ?? assert.fail(), keys[1] ?? assert.fail()];
}

/** Gives the line that each task is to write, by the task's id, in the order in which they are served. */
async function handOver(target: ChatTarget, count: number): Promise<Map<string, string>> {
  const marks = new Map<string, string>();
  let begun = 0;
  const put = async (): Promise<void> => {
    const mark = `mark${(begun += 1)}`;
    marks.set((await submit(target, { ...toBody(mark), wait: 0 }, 202)).task_id, mark);
  };
  const work = async (): Promise<void> => {
    while (begun < count - 1) await put();
  };
  await Promise.all(Array.from({ length: callers }, work));
  // By its place it is told how many are left.
  await put();
  return marks;
}

const toBody = (mark: string): object => ({
  description: `[[demo:tool Bash {"command":"echo ${mark} >> effects.txt; sleep 0.3"}]] [[demo:say done]]`,
  allow_tools: ["Bash"],
  model: "haiku",
});

/** Takes out of the queue what is in it. */
async function cancelWaiting(target: ChatTarget, marks: ReadonlyMap<string, string>): Promise<void> {
  const ids = [...marks.keys()];
  const work = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const { status } = await readApi<Task>(target, "GET", `/v1/tasks/${id}`);
      if (status === "queued") await readApi(target, "POST", `/v1/tasks/${id}/cancel`);
    }
  };
  await Promise.all(Array.from({ length: callers }, work));
}

async function submit(target: ChatTarget, body: object, expected: number): Promise<Task> {
  const { status, raw } = await callApi(target, "POST", "/v1/task", body);
  assert.equal(status, expected, raw);
  return JSON.parse(raw) as Task;
}

function toWait(single: Task, others: readonly TaskSummary[]): SingleWait {
  const at = (time: string | null): number => Date.parse(time ?? assert.fail("it has begun and ended"));
  const [made, begun] = [at(single.created_at), at(single.started_at)];
  const beside = others.filter((task) => at(task.started_at) <= begun && at(task.ended_at) >= made);
  return {
    waitMs: begun - made,
    longestTaskMs: Math.max(0, ...beside.map((task) => at(task.ended_at) - at(task.started_at))),
    overtaken: beside.filter((task) => at(task.started_at) > made).length,
  };
}
