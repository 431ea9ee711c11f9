import { z } from "zod";
import { taskInput } from "./tasks.ts";

/** Schedules: a task that is made again and again, at the times of a cron expression. */

const name = z.string().min(1).max(200);
/** Five fields or a name such as `@daily`; whether they can be is for whoever reads them. */
const cron = z.string().min(1).max(200);
const timeZone = z.string().min(1).max(100);
const scheduledTask = taskInput.omit({ wait: true, project_id: true });
const longestCatchUp = 31 * 86_400;
const catchUp = z.int().min(0).max(longestCatchUp);

export const scheduleInput = z.strictObject({
  name,
  cron,
  /** An IANA name; what the cron expression's times are in. */
  time_zone: timeZone.default("UTC"),
  /** The body of `POST /v1/task`. */
  task: scheduledTask,
  /** How late, in seconds, the newest slot that was missed is still run. */
  catch_up_seconds: catchUp.default(3_600),
  paused: z.boolean().default(false),
});
export type ScheduleInput = z.output<typeof scheduleInput>;

/** What is not named stays as it is. `task` is replaced whole. */
export const scheduleUpdate = z.strictObject({
  name: name.optional(),
  cron: cron.optional(),
  time_zone: timeZone.optional(),
  task: scheduledTask.optional(),
  catch_up_seconds: catchUp.optional(),
  paused: z.boolean().optional(),
});
export type ScheduleUpdate = z.output<typeof scheduleUpdate>;

const time = z.string().nullable();

/** What became of one slot, or of some that were missed one after another. */
export const scheduleOutcome = z.strictObject({
  /** `started`, or `missed`: the server was down, or too late. `refused`: no task could be made. */
  outcome: z.enum(["started", "missed", "refused"]),
  /** The time that the cron expression names; of several that were missed the first. */
  slot: z.string(),
  /** Of several that were missed the last. */
  until: time,
  /** How many were missed; 100 says that there were so many at least. */
  slots: z.int(),
  task_id: z.string().nullable(),
  reason: z.string().nullable(),
});
export type ScheduleOutcome = z.infer<typeof scheduleOutcome>;

export const schedule = z.strictObject({
  id: z.string(),
  name: z.string(),
  cron: z.string(),
  time_zone: z.string(),
  task: z.record(z.string(), z.unknown()),
  catch_up_seconds: z.int(),
  project_id: z.string(),
  /** Under whose rights its tasks are made. */
  key_id: z.string(),
  paused: z.boolean(),
  /** Why it has paused itself; null where somebody paused it, or it is not paused. */
  paused_reason: z.string().nullable(),
  /** Null while it is paused. */
  next_run_at: time,
  /** The newest 20, newest first. */
  recent: z.array(scheduleOutcome),
  created_at: z.string(),
  updated_at: z.string(),
});
export type Schedule = z.infer<typeof schedule>;

export const deletedSchedule = z.strictObject({ id: z.string(), deleted: z.literal(true) });
export type DeletedSchedule = z.infer<typeof deletedSchedule>;
