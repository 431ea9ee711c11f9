import type { AuditEntry } from "@gantry/contracts/audit";
import type { BudgetState } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";

/**
 * The hot writes of money: reserve before, extend while running, settle with the real figures. Each call is one atomic
 * step, and when it resolves it is committed. But what is set aside may be told while it is still being written by a store
 * that one process holds alone: nobody else counts on it, and it ends with that process. All are idempotent by request id.
 * At no time do spent plus reserved of an enforced budget exceed its limit by a reservation, but for one that `mayUseRest`.
 */
export interface Ledger {
  /**
   * Reserves in every budget that applies to the subjects, or in none. A repeated id gives the first outcome again.
   * A request that already was settled is refused with `settled`.
   */
  reserve(request: ReserveRequest): Promise<ReserveOutcome>;
  /** Adds to an open reservation, or refuses and leaves it as it was. */
  extend(requestId: string, more: Amounts, now: number): Promise<ReserveOutcome>;
  /**
   * Books the real figures, frees what was reserved, and writes the usage row and the audit entry with it. The figures are booked in
   * the windows in which they were reserved. True where this call did it, false where it was done before.
   */
  settle(requestId: string, spent: Amounts, usage: UsageRow, audit: AuditEntry): Promise<boolean>;
  /** Writes a usage row that was never reserved, such as a hit of the cache. False where the id was billed before. */
  record(usage: UsageRow, audit: AuditEntry): Promise<boolean>;
  /** Keeps the reservations of this node alive until `until`. */
  renew(nodeId: string, until: number): Promise<void>;
  /**
   * Ends reservations whose lease is over: nothing stays reserved, and a usage row of outcome `lost` is written for each with
   * what was known of it. Resolves with their number.
   */
  expire(now: number): Promise<number>;
}

/** What is reserved or spent. */
export interface Amounts {
  readonly micros: number;
  readonly tokens: number;
}

export interface ReserveRequest {
  readonly requestId: string;
  readonly nodeId: string;
  readonly now: number;
  /** The lease: after this time, unless renewed, the reservation is taken for lost. */
  readonly leaseUntil: number;
  readonly projectId: string;
  readonly keyId: string;
  readonly runId: string | null;
  readonly model: string;
  readonly driver: string;
  readonly profile: string;
  readonly amounts: Amounts;
  /**
   * Where a budget has some room but less than the amount, the amount is reserved all the same: the call may run over the
   * limit, by itself alone, since nothing else is let in before it is settled.
   */
  readonly mayUseRest?: boolean;
  /** Requests of this key that may be open at one time; undefined for no limit. */
  readonly concurrent?: number;
}

export type ReserveOutcome =
  | { readonly kind: "reserved" }
  /** The budget that said no, as it stood. */
  | { readonly kind: "over_budget"; readonly budget: BudgetState }
  | { readonly kind: "too_many_open"; readonly open: number }
  | { readonly kind: "settled" }
  /** Only of `extend`: there is no such open reservation, since it was settled or its lease ran out. */
  | { readonly kind: "unknown" };
