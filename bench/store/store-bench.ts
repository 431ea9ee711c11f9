import type { Store } from "../../packages/server/src/core/ports/store.ts";
import type { BenchClock } from "./bench-clock.ts";
import type { Plan } from "./plan.ts";
import type { StorageFacts } from "./storage-facts.ts";

/** Stores to measure, and how a run is watched and stopped. */
export interface StoreGround {
  readonly clock: BenchClock;
  readonly storage: StorageFacts;
  /** Makes an empty folder that goes at the end of the run. */
  createFolder(): Promise<string>;
  /** Makes an empty database that goes at the end of the run, and resolves with its URL. */
  createDatabase(): Promise<string>;
  /** Opens a new store, as the server does. */
  openStore(kind: Store["kind"]): Promise<Store>;
  /** Aborts the run. */
  readonly signal: AbortSignal;
  progress(line: string): void;
}

/** What the parts of a run share. */
export interface StoreBench extends StoreGround {
  readonly plan: Plan;
}
