import type { ScheduleInput, ScheduleUpdate } from "@gantry/contracts/schedules";
import type { CronTimes } from "../ports/cron-reader.ts";
import type { ScheduleBody } from "./schedule-record.ts";

/** A schedule that begins at `now`. */
export function beginSchedule(input: ScheduleInput, times: CronTimes, now: number): ScheduleBody {
  const nextAt = input.paused ? null : (times.next(now) ?? null);
  return { input, nextAt, open: null, pausedReason: null, recent: [] };
}

/** A schedule after a change. Slots that passed while it was paused were not missed: it begins anew. */
export function changeSchedule(
  before: ScheduleBody,
  input: ScheduleInput,
  times: CronTimes,
  now: number,
): ScheduleBody {
  if (input.paused) {
    return { ...before, input, nextAt: null, pausedReason: before.input.paused ? before.pausedReason : null };
  }
  if (before.input.paused) return { ...beginSchedule(input, times, now), recent: before.recent };
  const { cron, time_zone: timeZone } = before.input;
  const isMoved = cron !== input.cron || timeZone !== input.time_zone;
  return { ...before, input, nextAt: isMoved ? (times.next(now) ?? null) : before.nextAt };
}

export function withUpdate(input: ScheduleInput, update: ScheduleUpdate): ScheduleInput {
  return {
    name: update.name ?? input.name,
    cron: update.cron ?? input.cron,
    time_zone: update.time_zone ?? input.time_zone,
    task: update.task ?? input.task,
    catch_up_seconds: update.catch_up_seconds ?? input.catch_up_seconds,
    paused: update.paused ?? input.paused,
  };
}

/** Whether whoever makes this change answers for the tasks that are made from now on: a new name, or a pause, begins nothing. */
export function beginsTasks({ name: _name, paused, ...rest }: ScheduleUpdate): boolean {
  return paused === false || Object.values(rest).some((value) => value !== undefined);
}
