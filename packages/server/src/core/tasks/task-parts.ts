import type { Principal } from "../access/principal.ts";
import type { CapabilityService } from "../capabilities/capability-service.ts";
import type { ControlParts } from "../control/control-parts.ts";
import type { Clock } from "../ports/clock.ts";
import type { JobQueue } from "../ports/job-queue.ts";
import type { Log } from "../ports/log.ts";
import type { SchemaChecker } from "../ports/schema-checker.ts";
import type { SessionStore } from "../ports/session-store.ts";
import type { WebhookStore } from "../ports/webhook-store.ts";
import type { Sessions } from "../sessions/create-sessions.ts";
import type { WorkService } from "../workspaces/work-service.ts";
import type { DirectoryService } from "../workspaces/directory-service.ts";
import type { PriceTable } from "../budgets/price-table.ts";

/** What tasks stand on: the queue they wait in, and the sessions that do the work. */
export interface TaskParts {
  readonly jobs: JobQueue;
  readonly store: SessionStore;
  readonly sessions: Pick<Sessions, "service" | "interactions" | "hub" | "runner">;
  readonly work: Pick<WorkService, "artifacts">;
  readonly directories: Pick<DirectoryService, "get">;
  readonly schemas: SchemaChecker;
  readonly webhooks: Pick<WebhookStore, "get" | "find" | "list" | "enqueueFor">;
  /** There is something in the queue of webhooks. */
  wakeWebhooks(): void;
  /** Hosts of webhooks that may lie in a private network. */
  readonly privateHosts: readonly string[];
  randomBytes(count: number): Uint8Array;
  readonly capabilities: Pick<CapabilityService, "select">;
  readonly audit: ControlParts;
  readonly prices: PriceTable;
  /** Who a key is now; undefined where it is good for nothing any more. */
  principalOf(keyId: string): Promise<Principal | undefined>;
  /** The full id and the other names of a model; undefined where there is none of that name. */
  findModel(
    principal: Principal,
    name: string,
  ): Promise<{ readonly id: string; readonly names: readonly string[] } | undefined>;
  /** Whether model calls pass through here, so that a cost can be held. */
  readonly holdsCosts: boolean;
  /** Whether a limit that calls of this model meet is that of all tasks: not where a route leads to an upstream of its own. */
  sharesLimit(model: string): boolean;
  createId(prefix: "task"): string;
  /** SHA-256 in hexadecimal. */
  digest(text: string): string;
  readonly nodeId: string;
  /** Whether other servers use the same store. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: TaskLimits;
}

export interface TaskLimits {
  /** Tasks that run at one time, on this node. */
  readonly workers: number;
  readonly mostWaiting: number;
  readonly leaseMs: number;
  /** How often it is looked for what other nodes did, and for what is due. */
  readonly sweepMs: number;
}
