import type { AuditEntry } from "@gantry/contracts/audit";
import type { AuditedWrites } from "./audited-writes.ts";
import type { AuditLog } from "./audit-log.ts";
import type { ControlStore } from "./control-store.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { DirectoryStore } from "./directory-store.ts";
import type { JobQueue } from "./job-queue.ts";
import type { Ledger } from "./ledger.ts";
import type { ManagedStore } from "./managed-store.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { ResponseStore } from "./response-store.ts";
import type { RunStore } from "./run-store.ts";
import type { ScheduleStore } from "./schedule-store.ts";
import type { SessionStore } from "./session-store.ts";
import type { UsageStore } from "./usage-store.ts";
import type { WebhookStore } from "./webhook-store.ts";

/** Everything that lasts, behind one backend. Opening runs the migrations. */
export interface Store {
  readonly kind: "sqlite" | "postgres";
  readonly control: ControlStore;
  readonly runs: RunStore;
  readonly managed: ManagedStore;
  readonly directories: DirectoryStore;
  /** For one change of an administrator. */
  audited(entry: AuditEntry): AuditedWrites;
  readonly sessions: SessionStore;
  readonly ledger: Ledger;
  readonly usage: UsageStore;
  readonly audit: AuditLog;
  readonly cache: ResponseCache;
  readonly conversations: ConversationStore;
  readonly webhooks: WebhookStore;
  readonly jobs: JobQueue;
  readonly schedules: ScheduleStore;
  readonly responses: ResponseStore;
  /** Shared by all nodes; undefined where one process holds the store alone and counts in memory. */
  readonly rates: RateLimiter | undefined;
  /** Milliseconds that a small durable write takes; for readiness and metrics. Rejects where the store is out of reach. */
  ping(): Promise<number>;
  /** Writes a consistent copy to a file while the store is in use. Only where `kind` is `sqlite`. */
  backup(file: string): Promise<void>;
  /** Waits for what is under way. May be called twice. */
  close(): Promise<void>;
}
