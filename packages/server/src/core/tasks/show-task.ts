import type { Task, TaskArtifact, TaskResult, TaskSummary } from "@gantry/contracts/tasks";
import { FailureError } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { findHold } from "./hold-task.ts";
import { isOver } from "./task-machine.ts";
import type { TaskParts } from "./task-parts.ts";
import type { TaskRecord } from "./task-record.ts";
import { toExecutionLog } from "./to-execution-log.ts";

const mostEvents = 1_000;
const mostArtifacts = 1_000;
const longestSummary = 1_000;

export function toTaskSummary({ job, status, body }: TaskRecord): TaskSummary {
  const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  return {
    task_id: job.id,
    status,
    description: body.input.description,
    model: body.model,
    project_id: job.projectId,
    schedule_id: job.scheduleId ?? null,
    session_id: body.startedAt === null ? null : body.sessionId,
    max_cost: body.input.max_cost,
    timeout: body.input.timeout,
    created_at: new Date(job.createdAt).toISOString(),
    started_at: time(body.startedAt),
    ended_at: time(body.endedAt),
  };
}

export async function showTask(parts: TaskParts, principal: Principal, record: TaskRecord): Promise<Task> {
  const { job, status, body } = record;
  const [session, events, artifacts, position, held, open] = await Promise.all([
    parts.store.find(body.sessionId),
    parts.store.readEvents(body.sessionId, 0, mostEvents),
    listTaskArtifacts(parts, principal, record),
    job.phase === "waiting" ? parts.jobs.position(job.id) : undefined,
    findHold(parts, record),
    status === "requires_action"
      ? parts.store.listInteractions({ sessionId: body.sessionId, states: ["open"], limit: 100 })
      : { items: [] },
  ]);
  const usage = session?.state.usage;
  const input = (usage?.inputTokens ?? 0) + (usage?.cacheReadTokens ?? 0) + (usage?.cacheWriteTokens ?? 0);
  const output = usage?.outputTokens ?? 0;
  return {
    ...toTaskSummary(record),
    queue_position: position ?? null,
    held_until: held === undefined ? null : new Date(held).toISOString(),
    webhook: body.webhookId === undefined ? null : { id: body.webhookId },
    interactions: open.items.map(({ id }) => id),
    result: toResult(record),
    execution_log: toExecutionLog(events, parts.prices),
    artifacts: [...artifacts],
    usage: {
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
      total_cost: (usage?.costMicros ?? 0) / 1_000_000,
      model_used: body.model,
      duration_seconds: toSeconds(record, parts.clock.epoch()),
    },
  };
}

function toResult({ status, body }: TaskRecord): TaskResult | null {
  if (!isOver(status)) return null;
  if (status === "completed") {
    const text = body.output ?? "";
    return {
      summary: text.slice(0, longestSummary),
      full_output: text,
      workspace_directory: body.input.working_directory ?? null,
      ...(body.object !== undefined && { output: body.object }),
    };
  }
  return { error: body.error ?? "The task has ended.", output: body.output };
}

function toSeconds({ body }: TaskRecord, now: number): number {
  return body.startedAt === null ? 0 : ((body.endedAt ?? now) - body.startedAt) / 1000;
}

/** What is kept so far; none where nothing was. */
export async function listTaskArtifacts(
  { work }: TaskParts,
  principal: Principal,
  { body }: TaskRecord,
): Promise<readonly TaskArtifact[]> {
  if (body.startedAt === null) return [];
  try {
    const { items, collectedAt } = await work.artifacts(principal, body.sessionId, { limit: mostArtifacts });
    const createdAt = new Date(collectedAt).toISOString();
    return items.map(({ id, kind, path, size, change }) => ({
      id,
      type: kind,
      path,
      size_bytes: size,
      change,
      created_at: createdAt,
    }));
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === "not_found") return [];
    throw error;
  }
}
