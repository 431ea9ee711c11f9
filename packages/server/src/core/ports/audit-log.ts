import type { AuditCheckpoint, AuditEntry, AuditRow } from "@gantry/contracts/audit";

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly projectId?: string;
  readonly from?: number;
  readonly to?: number;
}

/** The append-only record of who did what. `Ledger` appends to it too, in the same commit as the money. */
export interface AuditLog {
  /** Resolves when it is committed. */
  append(entry: AuditEntry): Promise<AuditRow>;
  /** Rows in the order of their numbers, after `after`. */
  read(filter: AuditFilter, after: number, limit: number): Promise<readonly AuditRow[]>;
  /** The end of the chain; undefined where nothing was recorded. */
  head(): Promise<AuditCheckpoint | undefined>;
}
