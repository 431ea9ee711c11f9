import type { ScheduleChange, StoredSchedule } from "../ports/schedule-store.ts";
import type { ScheduleParts } from "./schedule-parts.ts";

/** A change that the server makes by itself, with its row of the audit; neither where somebody came between. */
export async function writeBySystem(
  { audit }: ScheduleParts,
  { id, projectId, version }: StoredSchedule,
  told: { readonly action: string; readonly detail: string },
  change: ScheduleChange,
): Promise<StoredSchedule | undefined> {
  const stores = audit.store.audited({
    ...told,
    at: change.now,
    actor: "system",
    target: `schedule:${id}`,
    projectId,
    address: null,
    policy: null,
    result: "ok",
    payloadDigest: null,
  });
  return await stores.schedules.change(id, version, change);
}
