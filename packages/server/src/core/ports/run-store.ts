import type { Run } from "@gantry/contracts/runs";
import type { Page, PageRequest } from "./control-store.ts";

/** A run as the store holds it. Its time may be over while its state says that it is open. */
export interface StoredRun extends Run {
  /** Digest of its token's secret. */
  readonly tokenHash: string;
}

export type NewRun = Omit<StoredRun, "state" | "endedAt">;

/** Runs of agents. `find` is on the way of model calls; the caller remembers its answer for at most a second. */
export interface RunStore {
  /** Rejects with a `FailureError` of code `conflict` where the id is taken. */
  create(run: NewRun): Promise<Run>;
  find(id: string): Promise<StoredRun | undefined>;
  list(page: PageRequest & { readonly projectId?: string }): Promise<Page<Run>>;
  /** For good. Ending twice is ending once; undefined where there is no such run. */
  end(id: string, now: number): Promise<Run | undefined>;
  /** Notes whether a budget refused its last call. */
  setBudgetReached(id: string, reached: boolean): Promise<void>;
}
