import type { StoredSchedule } from "../ports/schedule-store.ts";
import { createLeasesOver } from "../upkeep/create-leases-over.ts";
import { createRepeats } from "../upkeep/create-repeats.ts";
import type { ScheduleParts } from "./schedule-parts.ts";
import { takenMs, toScheduleRecord } from "./schedule-record.ts";
import { startSlot } from "./start-slot.ts";
import { takeSlot } from "./take-slot.ts";

/** Makes the tasks of schedules when they are due. */
export interface ScheduleRunner {
  start(): void;
  /** Sees to what is due now. */
  look(): Promise<void>;
  /** Begins nothing more. May be called twice. */
  stop(): Promise<void>;
}

const mostAtOnce = 100;

export function createScheduleRunner(parts: ScheduleParts): ScheduleRunner {
  const { schedules, clock, log } = parts;
  const repeats = createRepeats(parts, "schedules");
  const leasesOver = createLeasesOver(parts, takenMs);
  let looking: Promise<void> | undefined;
  let isStopped = false;

  async function lookOnce(): Promise<void> {
    const due = await schedules.listDue(leasesOver(), mostAtOnce);
    for (const row of due) {
      if (isStopped) return;
      await attend(row);
    }
  }

  async function attend(row: StoredSchedule): Promise<void> {
    try {
      const taken = await takeSlot(parts, toScheduleRecord(row));
      if (taken !== undefined) await startSlot(parts, taken.record, taken.slot);
    } catch (error) {
      log.warn({ err: error, schedule: row.id }, "the slot of a schedule could not be seen to; it is tried again");
      // Others are not to wait behind it for ever.
      const now = clock.epoch();
      const later = { keyId: row.keyId, body: row.body, dueAt: now + takenMs, now };
      await schedules.change(row.id, row.version, later).catch(() => undefined);
    }
  }

  async function look(): Promise<void> {
    if (isStopped) return;
    looking ??= lookOnce().finally(() => {
      looking = undefined;
    });
    await looking;
  }

  return {
    start() {
      repeats.add("the search for what is due", parts.limits.sweepMs, look);
      void look().catch((error: unknown) => log.warn({ err: error }, "due schedules could not be searched"));
    },
    look,
    async stop() {
      isStopped = true;
      repeats.stop();
      await looking?.catch(() => undefined);
    },
  };
}
