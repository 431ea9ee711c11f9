import type { ScheduleInput, ScheduleOutcome } from "@gantry/contracts/schedules";
import type { StoredSchedule } from "../ports/schedule-store.ts";

/** A schedule as its row keeps it. Times are epoch milliseconds. */
export interface ScheduleBody {
  readonly input: ScheduleInput;
  /** The next slot that nobody has seen to; null while it is paused. */
  readonly nextAt: number | null;
  /** A slot that was taken, and whose task is still to be made. */
  readonly open: number | null;
  /** Why it has paused itself. */
  readonly pausedReason: string | null;
  /** Newest first. */
  readonly recent: readonly ScheduleOutcome[];
}

export interface ScheduleRecord {
  readonly row: StoredSchedule;
  readonly body: ScheduleBody;
}

export function toScheduleRecord(row: StoredSchedule): ScheduleRecord {
  // It is written by this folder alone.
  return { row, body: JSON.parse(row.body) as ScheduleBody };
}

/** How long whoever took a slot is left alone with it; then another makes the same task, which is the same. */
export const takenMs = 30_000;
const mostRecent = 20;

/** When it is to be looked at: for a slot that is taken already later than for the next one. */
export function toDueAt({ input, open, nextAt }: ScheduleBody, now: number): number | null {
  if (input.paused) return null;
  return open === null ? nextAt : now + takenMs;
}

export function withOutcome(body: ScheduleBody, outcome: Partial<ScheduleOutcome> & OutcomeAt): ScheduleBody {
  const { at, ...rest } = outcome;
  const row = { slot: new Date(at).toISOString(), until: null, slots: 1, task_id: null, reason: null, ...rest };
  return { ...body, recent: [row, ...body.recent].slice(0, mostRecent) };
}

interface OutcomeAt {
  readonly outcome: ScheduleOutcome["outcome"];
  readonly at: number;
}
