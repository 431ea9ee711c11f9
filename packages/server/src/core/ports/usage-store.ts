import type { UsageRow } from "@gantry/contracts/usage";
import type { Page, PageRequest } from "./control-store.ts";

export interface UsageFilter {
  readonly projectId?: string;
  readonly keyId?: string;
  readonly runId?: string;
  readonly model?: string;
  /** Epoch milliseconds, inclusive. */
  readonly from: number;
  /** Epoch milliseconds, exclusive. */
  readonly to: number;
}

export type UsageGrouping = "model" | "key" | "project" | "day" | "outcome";

export interface UsageSum {
  /** The model, key, project, outcome, or the UTC day as `2026-11-20`. */
  readonly group: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly costMicros: number;
  /** Requests of models without a price: their cost is not in the sum. */
  readonly unpriced: number;
  /** Distinct keys. */
  readonly keys: number;
}

/** Reads of the ledger's rows. */
export interface UsageStore {
  sum(filter: UsageFilter, by: UsageGrouping): Promise<readonly UsageSum[]>;
  list(filter: UsageFilter, page: PageRequest): Promise<Page<UsageRow>>;
}
