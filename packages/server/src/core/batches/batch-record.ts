import type { Batch, BatchResult, BatchStatus } from "@gantry/contracts/batches";
import type { TaskInput } from "@gantry/contracts/tasks";
import type { Job } from "../ports/job-queue.ts";

export type BatchItem =
  | { readonly id: string; readonly prompt: string }
  | { readonly id: string; readonly task: TaskInput };

export interface BatchInput {
  readonly items: readonly BatchItem[];
  /** Undefined where the rules choose. */
  readonly model?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly parallel: number;
  readonly projectId?: string | undefined;
}

export type ItemResult = Omit<BatchResult, "id" | "prompt">;

/** A batch as its job keeps it. */
export interface BatchBody {
  readonly input: BatchInput;
  /** Where the request came from. */
  readonly address: string | null;
  /** By the place of the item; null where it is not done. */
  readonly results: readonly (ItemResult | null)[];
  /** Somebody wants it to end. */
  readonly cancelled: boolean;
}

export function toBatchBody(job: Job): BatchBody {
  return JSON.parse(job.body) as BatchBody; // Written by this folder alone.
}

const neverReached: ItemResult = { status: "failed", error: "The batch was cancelled before this item was done." };

export function showBatch(job: Job): Batch {
  const { input, results: kept } = toBatchBody(job);
  const status = job.status as BatchStatus; // Written by this folder alone.
  const results = input.items.flatMap((item, index): BatchResult[] => {
    const result = kept[index] ?? (status === "cancelled" ? neverReached : undefined);
    if (result === undefined) return [];
    return [{ id: item.id, prompt: "prompt" in item ? item.prompt : item.task.description, ...result }];
  });
  const micros = results.reduce((sum, { cost }) => sum + Math.round((cost ?? 0) * 1_000_000), 0);
  return {
    id: job.id,
    status,
    project_id: job.projectId,
    created_at: new Date(job.createdAt).toISOString(),
    ended_at: job.phase === "done" ? new Date(job.updatedAt).toISOString() : null,
    total: input.items.length,
    completed: results.filter((result) => result.status === "completed").length,
    failed: results.filter((result) => result.status === "failed").length,
    results,
    total_cost: micros / 1_000_000,
    total_tokens: results.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0),
  };
}
