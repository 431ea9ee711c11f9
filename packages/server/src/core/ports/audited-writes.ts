import type { ControlStore } from "./control-store.ts";
import type { DirectoryStore } from "./directory-store.ts";
import type { RunStore } from "./run-store.ts";
import type { ScheduleStore } from "./schedule-store.ts";
import type { WebhookStore } from "./webhook-store.ts";

/**
 * The stores of the control plane for one change of an administrator: the first write that changes a row is committed together with
 * the entry of the audit, or neither is.
 */
export interface AuditedWrites {
  readonly control: ControlStore;
  readonly runs: RunStore;
  readonly webhooks: WebhookStore;
  readonly directories: DirectoryStore;
  readonly schedules: ScheduleStore;
  /** Whether the entry has been committed; not where nothing was changed. */
  recorded(): boolean;
}
