import type { Schedule } from "@gantry/contracts/schedules";
import type { ScheduleRecord } from "./schedule-record.ts";

export function showSchedule({ row, body }: ScheduleRecord): Schedule {
  const { input, nextAt, pausedReason, recent } = body;
  return {
    id: row.id,
    name: input.name,
    cron: input.cron,
    time_zone: input.time_zone,
    task: input.task,
    catch_up_seconds: input.catch_up_seconds,
    project_id: row.projectId,
    key_id: row.keyId,
    paused: input.paused,
    paused_reason: pausedReason,
    next_run_at: nextAt === null ? null : new Date(nextAt).toISOString(),
    recent: [...recent],
    created_at: new Date(row.createdAt).toISOString(),
    updated_at: new Date(row.updatedAt).toISOString(),
  };
}
