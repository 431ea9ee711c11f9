import type { ChargeProject } from "../access/charge-project.ts";
import type { Principal } from "../access/principal.ts";
import type { MeteredCompletions } from "../completions/metered-completions.ts";
import type { ControlParts } from "../control/control-parts.ts";
import type { Clock } from "../ports/clock.ts";
import type { JobQueue } from "../ports/job-queue.ts";
import type { Log } from "../ports/log.ts";
import type { CompletionFormat } from "../ports/wire-format.ts";
import type { TaskService } from "../tasks/task-service.ts";

/** What batches stand on: the queue they wait in, and the services that answer their items. */
export interface BatchParts {
  readonly jobs: JobQueue;
  readonly completions: Pick<MeteredCompletions, "complete">;
  readonly chat: Pick<CompletionFormat, "decode">;
  readonly tasks: Pick<TaskService, "create" | "wait" | "cancel">;
  readonly chargeProject: ChargeProject;
  readonly audit: ControlParts;
  /** Who a key is now; undefined where it is good for nothing any more. */
  principalOf(keyId: string): Promise<Principal | undefined>;
  createId(prefix: "batch" | "req"): string;
  /** SHA-256 in hexadecimal. */
  digest(text: string): string;
  readonly nodeId: string;
  /** Whether other servers use the same store. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: BatchLimits;
}

export interface BatchLimits {
  /** Batches that run at one time, on this node and of one key. */
  readonly running: number;
  readonly runningOfKey: number;
  readonly mostWaiting: number;
  readonly mostOfProject: number;
  readonly leaseMs: number;
  /** How often it is looked for what other nodes did. */
  readonly sweepMs: number;
}
