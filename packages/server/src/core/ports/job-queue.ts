import type { Page, PageRequest } from "./control-store.ts";
import type { JobItems } from "./job-items.ts";

export type JobKind = "task" | "batch";

/** A job as it is queued. What it is about is its owner's: `status` and `body` (JSON) mean nothing here. */
export interface NewJob {
  readonly id: string;
  readonly kind: JobKind;
  readonly projectId: string;
  readonly keyId: string;
  /** Higher is sooner, within the project. */
  readonly priority: number;
  readonly now: number;
  /** Not claimed before. */
  readonly notBefore: number;
  /** Most of its project, and of its key, that run at one time. */
  readonly projectLimit: number;
  readonly keyLimit: number;
  readonly status: string;
  readonly body: string;
  /** Bodies of what it is made of, in their order; none where it is one thing. */
  readonly items?: readonly string[];
  /** What it comes from; missing where somebody asked for it. */
  readonly scheduleId?: string;
}

export interface Job extends Omit<NewJob, "now" | "projectLimit" | "keyLimit" | "items"> {
  readonly phase: "waiting" | "running" | "done";
  /** What of it is still to be told outside; null where nothing is. */
  readonly news: string | null;
  /** How often it was claimed. */
  readonly attempts: number;
  /** Goes up with each claim: who holds an older one writes nothing. */
  readonly fence: number;
  /** Goes up with each change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface JobChange {
  readonly status: string;
  readonly body: string;
  /** Committed with the change, in the place of what was to be told before; without, that stays. */
  readonly news?: string;
  readonly now: number;
}

export interface JobClaim {
  readonly kind: JobKind;
  readonly nodeId: string;
  readonly now: number;
  /** What a lease ends at, at most, that is over; `now` where it is left out. */
  readonly leasesOver?: number;
  readonly leaseUntil: number;
  readonly limit: number;
}

/**
 * Work that waits for a worker, on one node or many. Each method is one commit. Who claimed a job holds it by a lease with a fencing
 * number; a lease that is over gives the job to whoever claims next.
 */
export interface JobQueue extends JobItems {
  /** Twice is once. `full`: so many wait already, of the project or of all. */
  enqueue(
    job: NewJob,
    bounds: { readonly mostWaiting: number; readonly mostOfProject: number },
  ): Promise<"queued" | "known" | "full">;
  /**
   * Takes what a dead node left, then what may run now, each job by one node alone. Within a project the highest priority goes first, then the
   * oldest. Among projects goes first whoever has the fewest running, then whoever was served longest ago. The limits of projects and
   * keys hold for all nodes together.
   */
  claim(claim: JobClaim): Promise<readonly Job[]>;
  /** Gives those that are still held. */
  renew(nodeId: string, ids: readonly string[], leaseUntil: number): Promise<readonly string[]>;

  /** By whoever holds it. Undefined where the fence is an old one, or the version not this. */
  note(held: HeldJob, change: JobChange): Promise<Job | undefined>;
  finish(held: HeldJob, change: JobChange): Promise<Job | undefined>;
  putBack(held: HeldJob, change: JobChange & { readonly notBefore: number }): Promise<Job | undefined>;
  /**
   * By anybody else. Undefined where the version is not this any more. `waiting` puts a job that is done back into the queue, `done` takes out
   * one that waits; without a phase it keeps its own.
   */
  amend(
    id: string,
    version: number,
    change: JobChange & { readonly phase?: "waiting" | "done" },
  ): Promise<Job | undefined>;

  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(
    request: PageRequest & {
      readonly kind: JobKind;
      readonly projectId?: string;
      readonly keyId?: string;
      readonly scheduleId?: string;
      readonly status?: string;
    },
  ): Promise<Page<Job>>;
  /** Those with news, longest unchanged first. */
  listNews(kind: JobKind, limit: number): Promise<readonly Job[]>;
  /** These news have been handed on; others that came in between stay. The version stays too. */
  settleNews(id: string, news: string): Promise<void>;
  /** Its place in the order in which jobs will be claimed, 1 for the next; undefined where it does not wait. */
  position(id: string): Promise<number | undefined>;
  /** Nothing of this kind is claimed before then: a vendor's limit that all jobs share. */
  hold(kind: JobKind, until: number): Promise<void>;
  /** Until when that is, which may be past; 0 where it never was. */
  heldUntil(kind: JobKind): Promise<number>;
  /** When something is due next, which may be past; undefined where nothing waits and nothing runs. */
  nextDue(kind: JobKind): Promise<number | undefined>;
  /** Removes what was done before, with its items. */
  forget(before: number): Promise<void>;
}

export interface HeldJob {
  readonly id: string;
  readonly fence: number;
  /** Where given, nobody else may have changed it since. */
  readonly version?: number;
}
