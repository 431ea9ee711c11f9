import type { TaskInput, TaskStatus } from "@gantry/contracts/tasks";
import type { Job } from "../ports/job-queue.ts";
import { isTaskStatus } from "./task-machine.ts";

/** A task as its job keeps it. Times are epoch milliseconds. */
export interface TaskBody {
  readonly input: Omit<TaskInput, "wait" | "project_id">;
  /** Full id. */
  readonly model: string;
  readonly sessionId: string;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Time of work that is used up; what a person was waited for is not in it. */
  readonly workedMs: number;
  /** How often a limit of the vendor had it wait. */
  readonly holds: number;
  /** Somebody wants it to end. */
  readonly cancelled: boolean;
  readonly output: string | null;
  /** `output_schema` as the agent is given it. */
  readonly plainSchema?: Readonly<Record<string, unknown>>;
  /** The endpoint that is told what becomes of it. */
  readonly webhookId?: string;
  /** The agent was asked once more for an object that fits. */
  readonly askedAgain?: boolean;
  /** What fits `output_schema`. */
  readonly object?: Readonly<Record<string, unknown>>;
  readonly error: string | null;
}

export interface TaskRecord {
  readonly job: Job;
  readonly status: TaskStatus;
  readonly body: TaskBody;
}

export function toTaskRecord(job: Job): TaskRecord {
  // Both are written by this folder alone; an older version knew of no holds.
  const kept = JSON.parse(job.body) as Omit<TaskBody, "holds"> & Partial<Pick<TaskBody, "holds">>;
  const body = { ...kept, holds: kept.holds ?? 0 };
  return { job, status: isTaskStatus(job.status) ? job.status : "failed", body };
}
