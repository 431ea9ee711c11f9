import type { ScheduleInput } from "@gantry/contracts/schedules";
import type { FastifyInstance } from "fastify";
import type { ScheduleService } from "../../../core/schedules/create-schedules.ts";
import { addOperations, readCall } from "../admin/add-operations.ts";
import { readClaim, toCaller } from "../managed/add-managed-operations.ts";
import { createScheduleHandlers, ownScheduleOperations, plainScheduleOperations } from "./schedule-operations.ts";

/** Registers the routes of schedules. A hook before them sets `request.principal`. */
export function addScheduleRoutes(app: FastifyInstance, schedules: ScheduleService): void {
  addOperations(app, plainScheduleOperations, createScheduleHandlers(schedules));
  const { createSchedule, runSchedule } = ownScheduleOperations;
  app.post(createSchedule.path, async (request, reply) => {
    // The operation's schema has checked it; the call of any operation does not know its type.
    const input = readCall(createSchedule, request).body as ScheduleInput;
    const made = await schedules.create(toCaller(request), input, readClaim(request));
    reply.header("cache-control", "no-store").header("location", `/v1/schedules/${made.id}`);
    return reply.code(createSchedule.status).send(made);
  });
  app.post<{ Params: { id: string } }>(runSchedule.path, { config: { mayBeEmpty: true } }, async (request, reply) => {
    readCall(runSchedule, request);
    const task = await schedules.run(toCaller(request), request.params.id, readClaim(request));
    reply.header("cache-control", "no-store").header("location", `/v1/tasks/${task.task_id}`);
    return reply.code(runSchedule.status).send(task);
  });
}
