import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { SessionEvent } from "@gantry/contracts/session-events";
import { type Task, taskInput, type TaskStatus } from "@gantry/contracts/tasks";
import { z } from "zod";
import { type Principal, requireScope } from "../../../core/access/principal.ts";
import type { SessionCaller, SessionService } from "../../../core/sessions/session-service.ts";
import type { TaskService } from "../../../core/tasks/task-service.ts";
import { checkInput } from "../admin/check-input.ts";
import type { WriteFrame } from "./stream-chat.ts";
import { createTaskFrames } from "./task-frames.ts";

export interface TaskStreamParts {
  readonly tasks: TaskService;
  readonly sessions: Pick<SessionService, "subscribe" | "listEvents">;
}

/** A task that a client comes back to, with the last cursor that it has. */
const rejoin = z.strictObject({ task_id: z.string().min(1).max(200), after: z.int().min(0).default(0) });
const open: ReadonlySet<string> = new Set<TaskStatus>(["queued", "running", "requires_action"]);
/** How long a task may take to come to its end once its session is at rest. */
const settleMs = 60_000;
const pageSize = 500;

/** A task of this connection: it goes on where the connection is lost. */
export interface JoinedTask {
  readonly taskId: string;
  /** Tells what happens until the task is over, or until the signal. */
  follow(write: WriteFrame, signal: AbortSignal): Promise<void>;
  cancel(): Promise<unknown>;
}

/** Hands a task over, or comes back to one by its `task_id`. Rejects with a `FailureError`. */
export async function joinTask(
  parts: TaskStreamParts,
  caller: SessionCaller,
  body: Readonly<Record<string, unknown>>,
): Promise<JoinedTask> {
  const lacking = requireScope(caller.principal, "tasks");
  if (lacking !== undefined) throw new FailureError(lacking);
  const { taskId, after } = await begin(parts, caller, body);
  return {
    taskId,
    follow: (write, signal) => follow(parts, caller, { taskId, after }, write, signal),
    cancel: () => parts.tasks.cancel(caller, taskId),
  };
}

async function begin(
  { tasks }: TaskStreamParts,
  caller: SessionCaller,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly taskId: string; readonly after: number }> {
  if (body["task_id"] === undefined) {
    const { task_id: taskId } = await tasks.create(caller, checkInput(taskInput, body, "frame"));
    return { taskId, after: 0 };
  }
  const { task_id: taskId, after } = checkInput(rejoin, body, "frame");
  await tasks.get(caller.principal, taskId);
  return { taskId, after };
}

async function follow(
  parts: TaskStreamParts,
  { principal }: SessionCaller,
  { taskId, after }: { readonly taskId: string; readonly after: number },
  write: WriteFrame,
  signal: AbortSignal,
): Promise<void> {
  const { tasks } = parts;
  await write({ type: "task", task_id: taskId });
  const sessionId = await awaitSession(parts, principal, taskId, write, signal);
  if (sessionId !== undefined) await followSession(parts, principal, { taskId, sessionId, after }, write, signal);
  if (signal.aborted) return;
  const task = await tasks.get(principal, taskId);
  await write(toResultFrame(task));
  await write(toDoneFrame(task));
}

/** Tells of its place in the queue until it is worked on. Undefined where it came to its end before. */
async function awaitSession(
  { tasks }: TaskStreamParts,
  principal: Principal,
  taskId: string,
  write: WriteFrame,
  signal: AbortSignal,
): Promise<string | undefined> {
  for await (const news of tasks.watch(principal, taskId, signal)) {
    if (news.type === "task.queued") {
      await write({ type: "status", status: "queued", queue_position: news.queue_position });
      continue;
    }
    if (news.type === "task.held") {
      const { held_until, queue_position } = news;
      await write({ type: "status", status: "queued", queue_position, held_until });
      continue;
    }
    const { session_id: sessionId, status } = news.task;
    if (sessionId !== null) return sessionId;
    if (!open.has(status)) return undefined;
  }
  return undefined;
}

/** Until the task is over, or the signal. */
async function followSession(
  parts: TaskStreamParts,
  principal: Principal,
  { taskId, sessionId, after }: { readonly taskId: string; readonly sessionId: string; readonly after: number },
  write: WriteFrame,
  signal: AbortSignal,
): Promise<void> {
  const { tasks, sessions } = parts;
  const frames = createTaskFrames();
  let cursor = after;
  const tellEvent = async (sequence: number, event: SessionEvent): Promise<void> => {
    cursor = sequence;
    for (const told of frames.encode({ type: "event", sequence, event })) await write(told);
  };
  const isOver = async (): Promise<boolean> =>
    !open.has((await tasks.wait(principal, taskId, settleMs, signal)).status);
  // What came to its end before is told by no event that is still to come.
  const over = new AbortController();
  void isOver().then(
    (is) => is && over.abort(),
    () => {},
  );
  const either = AbortSignal.any([signal, over.signal]);
  while (!either.aborted) {
    const options = { after: cursor, previews: ["agent.message" as const], scope: "tasks" as const };
    for await (const frame of await sessions.subscribe(principal, sessionId, options, either)) {
      if (frame.type === "preview") for (const told of frames.encode(frame)) await write(told);
      if (frame.type === "event") {
        await tellEvent(frame.sequence, frame.event);
        if (isAtRest(frame.event) && (await isOver())) return;
      }
      if (frame.type !== "closed") continue;
      if (frame.reason === "deleted") return;
      if (frame.reason === "draining") throw new FailureError(toFailure("draining"));
      if (frame.reason === "key_refused")
        throw new FailureError(toFailure("unauthorized", "The key is no longer valid."));
      // The others are mended by coming back.
    }
  }
  if (!signal.aborted) await tellRest(sessions, principal, sessionId, cursor, tellEvent);
}

function isAtRest(event: SessionEvent): boolean {
  if (event.type === "session.status_idle") return event.stop_reason.type !== "requires_action";
  return event.type === "session.status_terminated";
}

async function tellRest(
  sessions: TaskStreamParts["sessions"],
  principal: Principal,
  sessionId: string,
  after: number,
  tell: (sequence: number, event: SessionEvent) => Promise<void>,
): Promise<void> {
  for (let cursor: string | undefined; ;) {
    const query = { limit: pageSize, ...(cursor === undefined ? { after } : { cursor }) };
    const { items, nextCursor } = await sessions.listEvents(principal, sessionId, query);
    for (const event of items) await tell(event.gantry?.sequence ?? after, event);
    if (nextCursor === null) return;
    cursor = nextCursor;
  }
}

function toResultFrame({ task_id, status, result, execution_log, artifacts, usage }: Task) {
  return { type: "result", task_id, status, result, execution_log, artifacts, usage };
}

function toDoneFrame({ task_id, usage: { input_tokens: input, output_tokens: output, ...usage } }: Task) {
  const { total_tokens: total, total_cost: cost, model_used: model } = usage;
  const counts = { input, output, total, input_tokens: input, output_tokens: output, total_tokens: total };
  return { type: "done", task_id, usage: counts, cost, model };
}
