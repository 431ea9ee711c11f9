import type { TaskInput } from "@gantry/contracts/tasks";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BatchService } from "../../../core/batches/create-batches.ts";
import type { Principal } from "../../../core/access/principal.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import { isOver } from "../../../core/tasks/task-machine.ts";
import type { TaskService } from "../../../core/tasks/task-service.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { addOperations, readCall } from "../admin/add-operations.ts";
import { readClaim } from "../managed/add-managed-operations.ts";
import type { ScheduleService } from "../../../core/schedules/create-schedules.ts";
import { addBatchRoutes } from "./add-batch-routes.ts";
import { addScheduleRoutes } from "./add-schedule-routes.ts";
import { asksForAsync } from "./asks-for-async.ts";
import { takeBodyKey } from "./body-key.ts";
import { streamTask } from "./stream-task.ts";
import { createTaskHandlers, ownTaskOperations, plainTaskOperations } from "./task-operations.ts";

export interface TaskRouteParts {
  readonly tasks: TaskService;
  readonly batches: BatchService;
  readonly schedules: ScheduleService;
  readonly sessions: Pick<SessionService, "subscribe" | "get">;
  identify(key: string): Promise<Principal | undefined>;
  readonly stallMs: number;
  readonly clock: Clock;
}

/** Registers the routes of tasks, batches and schedules. A hook before them sets `request.principal`. */
export function addTaskRoutes(app: FastifyInstance, parts: TaskRouteParts): void {
  addOperations(app, plainTaskOperations, createTaskHandlers(parts.tasks));
  addBatchRoutes(app, parts.batches);
  addScheduleRoutes(app, parts.schedules);
  app.post(
    ownTaskOperations.createTask.path,
    { config: { takesBodyKey: true }, preValidation: (request) => takeBodyKey(request, parts.identify) },
    (request, reply) => createTask(parts, request, reply),
  );
  app.get<{ Params: { id: string } }>(ownTaskOperations.streamTask.path, async (request, reply) => {
    const { principal } = readCall(ownTaskOperations.streamTask, request);
    return await streamTask(parts, principal, request.params.id, request, reply);
  });
}

const longestWaitMs = 86_400_000;

/** A client that leaves takes nothing along: the task goes on, and its id was told before where the client asked for that. */
async function createTask({ tasks }: TaskRouteParts, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const call = readCall(ownTaskOperations.createTask, request);
  // The operation's schema has checked it; the call of any operation does not know its type.
  const input = call.body as TaskInput;
  const claim = readClaim(request);
  const made = await tasks.create(call, input, claim);
  reply.header("cache-control", "no-store").header("location", `/v1/tasks/${made.task_id}`);
  const waitMs = asksForAsync(request)
    ? 0
    : input.wait === undefined || input.wait === null
      ? longestWaitMs
      : input.wait * 1000;
  const signal = abortWhenClientLeaves(reply.raw);
  const task = await tasks.wait(call.principal, made.task_id, waitMs, signal);
  const secret = task.webhook === null ? undefined : await tasks.webhookSecret(call.principal, made.task_id);
  const shown =
    task.webhook === null || secret === undefined ? task : { ...task, webhook: { ...task.webhook, secret } };
  return reply.code(isOver(task.status) ? 200 : 202).send(shown);
}
