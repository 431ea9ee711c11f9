import { deletedSchedule, schedule, scheduleInput, scheduleUpdate } from "@gantry/contracts/schedules";
import { taskSummary } from "@gantry/contracts/tasks";
import { z } from "zod";
import type { ScheduleService } from "../../../core/schedules/create-schedules.ts";
import { listAnswer, toList } from "../admin/answers.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { pageFields } from "../admin/query-fields.ts";
import { toPageRequest } from "../admin/to-page-request.ts";

export const plainScheduleOperations = {
  listSchedules: {
    method: "GET",
    path: "/v1/schedules",
    summary: "List schedules, newest first.",
    access: "tasks",
    query: z.strictObject(pageFields),
    answer: listAnswer(schedule),
  },
  getSchedule: {
    method: "GET",
    path: "/v1/schedules/:id",
    summary: "Show a schedule: when it is due next, and what became of its last slots.",
    access: "tasks",
    answer: schedule,
  },
  updateSchedule: {
    method: "PATCH",
    path: "/v1/schedules/:id",
    summary: "Change, pause or resume a schedule; what is not named stays as it is.",
    access: "tasks",
    body: scheduleUpdate,
    answer: schedule,
  },
  deleteSchedule: {
    method: "DELETE",
    path: "/v1/schedules/:id",
    summary: "Delete a schedule; the tasks that it has made stay.",
    access: "tasks",
    answer: deletedSchedule,
  },
} as const satisfies Record<string, Operation>;

/** Described here and served by code of their own: they go by an idempotency key. */
export const ownScheduleOperations = {
  createSchedule: {
    method: "POST",
    path: "/v1/schedules",
    summary: "Have a task made at the times of a cron expression.",
    access: "tasks",
    body: scheduleInput,
    answer: schedule,
    status: 201,
  },
  runSchedule: {
    method: "POST",
    path: "/v1/schedules/:id/run",
    summary: "Make the task of a schedule now; its times stay as they are.",
    access: "tasks",
    answer: taskSummary,
    status: 202,
  },
} as const satisfies Record<string, Operation>;

/** All of them, by name. */
export const scheduleOperations = { ...ownScheduleOperations, ...plainScheduleOperations } as const;

export function createScheduleHandlers(schedules: ScheduleService): Handlers<typeof plainScheduleOperations> {
  return {
    listSchedules: async ({ principal, query }) => toList(await schedules.list(principal, toPageRequest(query))),
    getSchedule: ({ principal, params }) => schedules.get(principal, params.id),
    updateSchedule: (call) => schedules.update(call, call.params.id, call.body),
    deleteSchedule: (call) => schedules.remove(call, call.params.id),
  };
}
