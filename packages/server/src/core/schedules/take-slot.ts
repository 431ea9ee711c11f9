import type { StoredSchedule } from "../ports/schedule-store.ts";
import { decideSlots, mostCounted, type MissedSlots } from "./decide-slots.ts";
import { pauseSchedule } from "./pause-schedule.ts";
import type { ScheduleParts } from "./schedule-parts.ts";
import { toDueAt, toScheduleRecord, withOutcome, type ScheduleBody, type ScheduleRecord } from "./schedule-record.ts";
import { writeBySystem } from "./write-by-system.ts";

/**
 * Takes the slot that is to be run now, so that nobody else takes it; or finds one that was taken before and is left. The write that takes a slot
 * moves the schedule behind it: whoever dies after it, and whoever comes at the same time, no slot is taken twice. Undefined where there is
 * nothing to run.
 */
export async function takeSlot(
  parts: ScheduleParts,
  record: ScheduleRecord,
): Promise<{ readonly record: ScheduleRecord; readonly slot: number } | undefined> {
  const { row, body } = record;
  const { input, nextAt, open } = body;
  if (open !== null) return { record, slot: open };
  const now = parts.clock.epoch();
  if (nextAt === null || nextAt > now) return undefined;
  const times = parts.readCron(input.cron, input.time_zone);
  if ("field" in times) {
    await pauseSchedule(parts, row.id, nextAt, `${times.field}: ${times.expected}`);
    return undefined;
  }
  const { run, missed, nextAt: next } = decideSlots(times, nextAt, now, input.catch_up_seconds * 1000);
  const told = missed === undefined ? body : withMissed(body, missed);
  const taken = await write(parts, row, { ...told, nextAt: next, open: run ?? null }, now, missed);
  return taken === undefined || run === undefined ? undefined : { record: toScheduleRecord(taken), slot: run };
}

async function write(
  parts: ScheduleParts,
  row: StoredSchedule,
  body: ScheduleBody,
  now: number,
  missed: MissedSlots | undefined,
): Promise<StoredSchedule | undefined> {
  const change = { keyId: row.keyId, dueAt: toDueAt(body, now), body: JSON.stringify(body), now };
  if (missed === undefined) return await parts.schedules.change(row.id, row.version, change);
  const detail = `${toCount(missed)} from ${toTime(missed.first)} to ${toTime(missed.last)}`;
  return await writeBySystem(parts, row, { action: "schedule.missed", detail }, change);
}

function withMissed(body: ScheduleBody, missed: MissedSlots): ScheduleBody {
  const { first: at, last, count: slots } = missed;
  const until = slots === 1 ? null : toTime(last);
  const reason = "No server was there to run it in time.";
  return withOutcome(body, { outcome: "missed", at, until, slots, reason });
}

const toTime = (at: number): string => new Date(at).toISOString();
const toCount = ({ count }: MissedSlots): string => (count < mostCounted ? `${count}` : `${count} or more`);
