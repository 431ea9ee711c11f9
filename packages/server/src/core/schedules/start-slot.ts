import { errorCatalogue, FailureError, type Failure } from "@gantry/contracts/errors";
import type { ScheduleOutcome } from "@gantry/contracts/schedules";
import { requireScope, type Principal } from "../access/principal.ts";
import { toActor } from "../control/actor.ts";
import { toClaimedId } from "../control/to-claimed-id.ts";
import { pauseSchedule } from "./pause-schedule.ts";
import type { ScheduleParts } from "./schedule-parts.ts";
import { toDueAt, toScheduleRecord, withOutcome, type ScheduleBody, type ScheduleRecord } from "./schedule-record.ts";

/** Makes the task of a slot that was taken. Its id comes from the schedule and the slot: made twice, it is the same task. */
export async function startSlot(parts: ScheduleParts, record: ScheduleRecord, slot: number): Promise<void> {
  const { row } = record;
  const taskId = toTaskId(parts, row.id, slot);
  if ((await parts.jobs.get(taskId)) === undefined) {
    const principal = await parts.principalOf(row.keyId);
    const refusal = await findRefusal(parts, principal);
    if (principal === undefined || refusal !== undefined) {
      return await pauseSchedule(parts, row.id, slot, refusal ?? "");
    }
    const failure = await tryToMake(parts, principal, record, taskId);
    if (failure !== undefined) return await giveUp(parts, record, slot, failure);
  }
  await close(parts, row.id, slot, { outcome: "started", task_id: taskId });
  parts.wake();
}

function toTaskId({ digest }: ScheduleParts, id: string, slot: number): string {
  return toClaimedId("task", `schedule\n${id}`, slot, digest);
}

/** Why no task of this key may be made at present. */
async function findRefusal(parts: ScheduleParts, principal: Principal | undefined): Promise<string | undefined> {
  if (principal === undefined) return "The key of this schedule is not good any more.";
  const lacking = requireScope(principal, "tasks");
  if (lacking !== undefined) return lacking.message;
  const budgets = await parts.budgetsOf(principal);
  const used = budgets.find(({ shadow, spent, effectiveLimit }) => !shadow && spent >= effectiveLimit);
  return used && `The budget ${used.id} of its ${used.subject} is used up.`;
}

async function tryToMake(
  { desk }: ScheduleParts,
  principal: Principal,
  { row, body }: ScheduleRecord,
  id: string,
): Promise<Failure | undefined> {
  try {
    await desk.create({ principal, actor: toActor(principal, null) }, body.input.task, { id, scheduleId: row.id });
    return undefined;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}

/** What passes is tried again while the slot may be caught up; what does not pass pauses the schedule. */
async function giveUp(parts: ScheduleParts, record: ScheduleRecord, slot: number, failure: Failure): Promise<void> {
  const { row, body } = record;
  const { code, message: reason } = failure;
  if (!errorCatalogue[code].retryable) {
    return await pauseSchedule(parts, row.id, slot, `Its task was refused: ${reason}`);
  }
  const isLate = parts.clock.epoch() - slot > body.input.catch_up_seconds * 1000;
  await (isLate
    ? close(parts, row.id, slot, { outcome: "refused", reason })
    : // It stays taken, and is due again a little later.
      write(parts, row.id, slot, (same) => same));
}

async function close(
  parts: ScheduleParts,
  id: string,
  slot: number,
  outcome: Pick<ScheduleOutcome, "outcome"> & Partial<ScheduleOutcome>,
): Promise<void> {
  await write(parts, id, slot, (body) => ({ ...withOutcome(body, { ...outcome, at: slot }), open: null }));
}

/** Again and again until nobody came between; nothing where another has seen to the slot. */
async function write(
  parts: ScheduleParts,
  id: string,
  slot: number,
  toNext: (body: ScheduleBody) => ScheduleBody,
): Promise<void> {
  for (;;) {
    const row = await parts.schedules.get(id);
    if (row === undefined) return;
    const { body } = toScheduleRecord(row);
    if (body.open !== slot) return;
    const now = parts.clock.epoch();
    const next = toNext(body);
    const change = { keyId: row.keyId, dueAt: toDueAt(next, now), body: JSON.stringify(next), now };
    if ((await parts.schedules.change(id, row.version, change)) !== undefined) return;
  }
}
