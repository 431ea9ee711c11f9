import type { Batch, BatchResult, BatchStatus, BatchSummary } from "@gantry/contracts/batches";
import type { TaskInput } from "@gantry/contracts/tasks";
import type { DoneItem, ItemSum, JobItem } from "../ports/job-items.ts";
import type { Job } from "../ports/job-queue.ts";

export type BatchItem =
  | { readonly id: string; readonly prompt: string }
  | { readonly id: string; readonly task: TaskInput };

/** What holds for all items. */
export interface BatchSettings {
  /** Undefined where the rules choose. */
  readonly model?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly parallel: number;
}

export interface BatchInput extends BatchSettings {
  readonly items: readonly BatchItem[];
  readonly projectId?: string | undefined;
}

export type ItemResult = Omit<BatchResult, "id" | "prompt">;

/** A batch as its job keeps it; its items have rows of their own. */
export interface BatchBody extends BatchSettings {
  readonly total: number;
  /** Of the whole input, by which the same one is known. */
  readonly digest: string;
  /** Where the request came from. */
  readonly address: string | null;
  /** Somebody wants it to end. */
  readonly cancelled: boolean;
}

// All of these are written by this folder alone.
export const toBatchBody = (job: Job): BatchBody => JSON.parse(job.body) as BatchBody;
export const toBatchItem = ({ body }: JobItem): BatchItem => JSON.parse(body) as BatchItem;
const toStatus = (job: Job): BatchStatus => job.status as BatchStatus;

export function toDoneItem(result: ItemResult): DoneItem {
  const { status, usage, cost } = result;
  const costMicros = Math.round((cost ?? 0) * 1_000_000);
  return { status, result: JSON.stringify(result), costMicros, tokens: usage?.total_tokens ?? 0 };
}

/** Without its results; `sums` are of any batches. */
export function toBatchSummary(job: Job, sums: readonly ItemSum[]): BatchSummary {
  const { total } = toBatchBody(job);
  const own = sums.filter(({ jobId }) => jobId === job.id);
  const add = (toNumber: (sum: ItemSum) => number): number => own.reduce((all, sum) => all + toNumber(sum), 0);
  const completed = add(({ status, count }) => (status === "completed" ? count : 0));
  const done = add(({ count }) => count);
  return {
    id: job.id,
    status: toStatus(job),
    project_id: job.projectId,
    created_at: new Date(job.createdAt).toISOString(),
    ended_at: job.phase === "done" ? new Date(job.updatedAt).toISOString() : null,
    total,
    completed,
    // Of a cancelled one, those that were never reached are told as failed.
    failed: (toStatus(job) === "cancelled" ? total : done) - completed,
    total_cost: add(({ costMicros }) => costMicros) / 1_000_000,
    total_tokens: add(({ tokens }) => tokens),
  };
}

const neverReached: ItemResult = { status: "failed", error: "The batch was cancelled before this item was done." };

export function showBatch(job: Job, items: readonly JobItem[]): Batch {
  const isCancelled = toStatus(job) === "cancelled";
  const results = items.flatMap((row): BatchResult[] => {
    const result = row.result === null ? isCancelled && neverReached : (JSON.parse(row.result) as ItemResult);
    if (result === false) return [];
    const item = toBatchItem(row);
    return [{ id: item.id, prompt: "prompt" in item ? item.prompt : item.task.description, ...result }];
  });
  const sums = results.map((result) => ({ jobId: job.id, count: 1, ...toDoneItem(result) }));
  return { ...toBatchSummary(job, sums), results };
}
