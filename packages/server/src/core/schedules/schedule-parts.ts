import type { BudgetState } from "@gantry/contracts/budgets";
import type { Principal } from "../access/principal.ts";
import type { ControlParts } from "../control/control-parts.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadCron } from "../ports/cron-reader.ts";
import type { JobQueue } from "../ports/job-queue.ts";
import type { Log } from "../ports/log.ts";
import type { ScheduleStore } from "../ports/schedule-store.ts";
import type { Store } from "../ports/store.ts";
import type { TaskDesk } from "../tasks/create-task-desk.ts";

/** What schedules stand on: the desk that takes their tasks in. */
export interface ScheduleParts {
  readonly schedules: ScheduleStore;
  readonly jobs: Pick<JobQueue, "get">;
  readonly desk: TaskDesk;
  /** Tells whoever works tasks off that there is something to do. */
  wake(): void;
  readonly readCron: ReadCron;
  readonly audit: ControlParts & { readonly store: Pick<Store, "audited"> };
  /** Who a key is now; undefined where it is good for nothing any more. */
  principalOf(keyId: string): Promise<Principal | undefined>;
  budgetsOf(principal: Principal): Promise<readonly BudgetState[]>;
  createId(prefix: "sched" | "task"): string;
  /** SHA-256 in hexadecimal. */
  digest(text: string): string;
  /** Whether other servers use the same store. */
  readonly shared: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: ScheduleLimits;
}

export interface ScheduleLimits {
  readonly mostOfProject: number;
  /** How often it is looked for what is due. */
  readonly sweepMs: number;
}
