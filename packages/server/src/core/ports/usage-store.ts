import type { UsageGrouping, UsageRow, UsageSum } from "@gantry/contracts/usage";
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

/** Reads of the ledger's rows. */
export interface UsageStore {
  sum(filter: UsageFilter, by: UsageGrouping): Promise<readonly UsageSum[]>;
  list(filter: UsageFilter, page: PageRequest): Promise<Page<UsageRow>>;
}
