import type { Task, TaskArtifact, TaskInput, TaskStatus, TaskSummary } from "@gantry/contracts/tasks";
import type { Principal } from "../access/principal.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { IdempotencyClaim, SessionCaller } from "../sessions/session-service.ts";

/**
 * Jobs for agents, each worked on in a session of its own. A project sees its own; a key with the scope `admin` sees all. Rejects with a
 * `FailureError`: `not_found`, `invalid_request`, `forbidden`, `conflict`, `queue_full`, `idempotency_mismatch`.
 */
export interface TaskService {
  /** Queues it; committed when it resolves. The same claim again gives the same task. */
  create(caller: SessionCaller, input: TaskInput, claim?: IdempotencyClaim): Promise<TaskSummary>;
  get(principal: Principal, id: string): Promise<Task>;
  /** Newest first. */
  list(
    principal: Principal,
    query: PageRequest & { readonly status?: TaskStatus; readonly scheduleId?: string },
  ): Promise<Page<TaskSummary>>;
  /** Resolves when it is over or waits for a person, when `ms` are over, or with the signal; gives it as it is then. */
  wait(principal: Principal, id: string, ms: number, signal: AbortSignal): Promise<Task>;
  /** Ends what waits at once, and what runs as soon as it can be. `conflict` where it has ended in another way. */
  cancel(caller: SessionCaller, id: string): Promise<Task>;
  /** Lets a task go on that has cost too much. US dollars. */
  raise(caller: SessionCaller, id: string, maxCost: number): Promise<Task>;
  /** What its webhook is signed with, where the task named an address and this is its key. */
  webhookSecret(principal: Principal, id: string): Promise<string | undefined>;
  artifacts(principal: Principal, id: string): Promise<readonly TaskArtifact[]>;
  /** Its place in the queue while it waits, then the id of its session, whose log tells the rest. Ends with the signal. */
  watch(principal: Principal, id: string, signal: AbortSignal): AsyncIterable<TaskNews>;
}

export type TaskNews =
  | { readonly type: "task.queued"; readonly queue_position: number }
  /** A limit of the model's vendor lets no task begin before then. */
  | { readonly type: "task.held"; readonly held_until: string; readonly queue_position: number }
  | { readonly type: "task.status"; readonly task: TaskSummary };
