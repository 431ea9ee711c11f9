import type { Page, PageRequest } from "./control-store.ts";

/** A schedule as it is kept. What it is about is its owner's: `body` (JSON) means nothing here. */
export interface StoredSchedule {
  readonly id: string;
  readonly projectId: string;
  readonly keyId: string;
  /** When it is to be looked at, in epoch milliseconds; null where it rests. */
  readonly dueAt: number | null;
  readonly body: string;
  /** Goes up with each change. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type NewSchedule = Omit<StoredSchedule, "version" | "updatedAt">;

export interface ScheduleChange extends Pick<StoredSchedule, "keyId" | "dueAt" | "body"> {
  readonly now: number;
}

/** Schedules, for one node or many. Every write is one statement, committed when it resolves. */
export interface ScheduleStore {
  /** Twice is once: gives what is there. */
  create(schedule: NewSchedule): Promise<StoredSchedule>;
  get(id: string): Promise<StoredSchedule | undefined>;
  /** Newest first. */
  list(request: PageRequest & { readonly projectId?: string }): Promise<Page<StoredSchedule>>;
  count(projectId: string): Promise<number>;
  /** Undefined where the version is not this any more: of changes at one time one is made. */
  change(id: string, version: number, change: ScheduleChange): Promise<StoredSchedule | undefined>;
  /** Whether there was one. */
  remove(id: string): Promise<boolean>;
  /** Those that are due at `now`, the longest waiting first. */
  listDue(now: number, limit: number): Promise<readonly StoredSchedule[]>;
}
