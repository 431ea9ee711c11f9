import type { ScheduleParts } from "./schedule-parts.ts";
import { toScheduleRecord, withOutcome } from "./schedule-record.ts";
import { writeBySystem } from "./write-by-system.ts";

/** A schedule pauses itself, for a reason that its next slot would meet as well. */
export async function pauseSchedule(parts: ScheduleParts, id: string, slot: number, reason: string): Promise<void> {
  for (;;) {
    const row = await parts.schedules.get(id);
    if (row === undefined) return;
    const { body } = toScheduleRecord(row);
    if (body.input.paused) return;
    const refused = withOutcome(body, { outcome: "refused", at: slot, reason });
    const input = { ...body.input, paused: true };
    const next = { ...refused, input, nextAt: null, open: null, pausedReason: reason };
    const change = { keyId: row.keyId, dueAt: null, body: JSON.stringify(next), now: parts.clock.epoch() };
    const told = { action: "schedule.paused", detail: reason };
    if ((await writeBySystem(parts, row, told, change)) !== undefined) return;
  }
}
