import type { TokenUsage } from "./completion.ts";

/** How a model request ended. `lost`: the server died before it was settled. */
export type UsageOutcome = "completed" | "cut" | "failed" | "cancelled" | "budget_reached" | "cached" | "lost";

/** One model request, as it is billed. The rows are the ledger: what is spent is their sum. */
export interface UsageRow {
  /** The request's id; a request is billed once. */
  readonly id: string;
  /** Epoch milliseconds of its end. */
  readonly at: number;
  readonly projectId: string;
  readonly keyId: string;
  readonly runId: string | null;
  /** Full id of the model. */
  readonly model: string;
  readonly driver: string;
  readonly tokens: TokenUsage;
  /** Null where the model has no price: unpriced, not free. */
  readonly costMicros: number | null;
  readonly latencyMs: number;
  readonly firstTokenMs: number | null;
  readonly outcome: UsageOutcome;
  /** `name@version` of the permission profile it ran under. */
  readonly profile: string;
}

export type UsageGrouping = "model" | "key" | "project" | "day" | "outcome";

/** A UTC day with requests, in the names of the vendor's report. */
export interface DailyMetric {
  /** As `2026-11-20`. */
  readonly date: string;
  /** Requests. */
  readonly total_sessions: number;
  readonly total_cost_usd: number;
  /** Distinct keys. */
  readonly active_users: number;
}

/** What the requests of a group came to. */
export interface UsageSum {
  /** The model, key, project, outcome, or the UTC day as `2026-11-20`. */
  readonly group: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  /** Millionths of a US dollar. */
  readonly costMicros: number;
  /** Requests of models without a price: their cost is not in the sum. */
  readonly unpriced: number;
  /** Distinct keys. */
  readonly keys: number;
}
