import type { HeldJob } from "./job-queue.ts";

/** One of the things that a job is made of, in its place from 0. `body` and `result` (JSON) mean nothing here. */
export interface JobItem {
  readonly place: number;
  readonly body: string;
  /** Null where it is not done. */
  readonly result: string | null;
}

/** How an item ended; `status` is its owner's word. */
export interface DoneItem {
  readonly status: string;
  readonly result: string;
  readonly costMicros: number;
  readonly tokens: number;
}

/** What the items of a job that ended in one way come to. */
export interface ItemSum {
  readonly jobId: string;
  readonly status: string;
  readonly count: number;
  readonly costMicros: number;
  readonly tokens: number;
}

/** Items of jobs, each with a row of its own, so that the end of one costs the same whether its job has one or a thousand. */
export interface JobItems {
  /**
   * Keeps the end of an item, once; by whoever holds the job. False where the fence is an old one, or the end of this item is kept
   * already.
   */
  keepItem(held: Pick<HeldJob, "id" | "fence">, place: number, done: DoneItem): Promise<boolean>;
  /** In their order. */
  readItems(jobId: string): Promise<readonly JobItem[]>;
  readItem(jobId: string, place: number): Promise<JobItem | undefined>;
  /** Places of those that are not done, in their order. */
  openPlaces(jobId: string): Promise<readonly number[]>;
  /** Of those that are done. */
  sumItems(jobIds: readonly string[]): Promise<readonly ItemSum[]>;
}
