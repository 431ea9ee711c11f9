import type { TaskStatus } from "@gantry/contracts/tasks";
import { findHold } from "./hold-task.ts";
import { isOver } from "./task-machine.ts";
import { toTaskSummary } from "./show-task.ts";
import type { TaskParts } from "./task-parts.ts";
import { toTaskRecord, type TaskRecord } from "./task-record.ts";
import type { TaskNews } from "./task-service.ts";

/** Another node may work on a task; what it notes is looked for so often. */
const pollMs = 1_000;

/** Tells of changes of tasks, whichever node makes them. */
export function createTaskWatch({ jobs, clock }: Pick<TaskParts, "jobs" | "clock">) {
  const waiting = new Map<string, Set<() => void>>();

  /** Resolves at the next change that is told here, at the latest after `ms`. */
  async function changed(id: string, ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const set = waiting.get(id) ?? new Set();
    waiting.set(id, set.add(resolve));
    const cancel = clock.after(ms, resolve);
    const leave = (): void => resolve();
    signal.addEventListener("abort", leave, { once: true });
    if (signal.aborted) resolve();
    await promise;
    signal.removeEventListener("abort", leave);
    cancel();
    set.delete(resolve);
    if (set.size === 0) waiting.delete(id);
  }

  async function* news(find: () => Promise<TaskRecord>, id: string, signal: AbortSignal): AsyncGenerator<TaskNews> {
    let told = "";
    while (!signal.aborted) {
      const record = await find();
      const place = record.job.phase === "waiting" ? await jobs.position(id) : undefined;
      const held = place === undefined ? undefined : await findHold({ jobs, clock }, record);
      const now = `${record.status} ${place ?? ""} ${held ?? ""}`;
      if (now !== told && place !== undefined && held !== undefined) {
        yield { type: "task.held", held_until: new Date(held).toISOString(), queue_position: place };
      } else if (now !== told && place !== undefined) yield { type: "task.queued", queue_position: place };
      else if (now !== told) yield { type: "task.status", task: toTaskSummary(record) };
      told = now;
      if (isOver(record.status)) return;
      await changed(id, pollMs, signal);
    }
  }

  return {
    /** At the latest after a second: another node may have made the change. */
    changed: (id: string, ms: number, signal: AbortSignal): Promise<void> => changed(id, Math.min(pollMs, ms), signal),
    noteChange(id: string): void {
      for (const resolve of waiting.get(id) ?? []) resolve();
    },
    async until(id: string, ms: number, signal: AbortSignal, isMeant: (status: TaskStatus) => boolean): Promise<void> {
      const end = clock.now() + ms;
      while (!signal.aborted) {
        const job = await jobs.get(id);
        if (job === undefined || isMeant(toTaskRecord(job).status)) return;
        const left = end - clock.now();
        if (left <= 0) return;
        await changed(id, Math.min(pollMs, left), signal);
      }
    },
    news,
  };
}
