import type { AuditEntry } from "@gantry/contracts/audit";
import type { Kysely } from "kysely";
import type { AuditedWrites } from "../../../core/ports/audited-writes.ts";
import { createControlStore } from "./control-queries.ts";
import { createDirectoryStore } from "./directory-queries.ts";
import { createRunStore } from "./run-queries.ts";
import { createScheduleStore } from "./schedule-queries.ts";
import { createWebhookStore } from "./webhook-queries.ts";
import type { Database } from "./schema.ts";

/** A change that is under way, and the entry that is to be committed with it. */
export interface AuditedChange {
  readonly entry: AuditEntry;
  /** Set by the connection that has committed the entry. */
  recorded: boolean;
}

/** Whether a statement is one whose commit takes the entry along. */
export function takesEntry({ recorded }: AuditedChange, sql: string): boolean {
  return !recorded && /^\s*(insert|update|delete)\b/i.test(sql);
}

/** `open` gives the queries a connection that heeds {@link takesEntry}. */
export function createAuditedWrites(
  entry: AuditEntry,
  open: (change: AuditedChange) => Kysely<Database>,
): AuditedWrites {
  const change: AuditedChange = { entry, recorded: false };
  const db = open(change);
  return {
    control: createControlStore(db),
    runs: createRunStore(db),
    webhooks: createWebhookStore(db),
    directories: createDirectoryStore(db),
    schedules: createScheduleStore(db),
    recorded: () => change.recorded,
  };
}
