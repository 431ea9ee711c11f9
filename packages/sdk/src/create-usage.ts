import type { DailyMetric, UsageGrouping, UsageRow, UsageSum } from "@gantry/contracts/usage";
import type { CallOptions, Transport } from "./create-transport.ts";
import { readPages, type Page } from "./pages.ts";

export interface UsageGroup {
  readonly tokens: number;
  /** US dollars; null where none of the requests had a price. */
  readonly cost: number | null;
  /** Requests without a price: their cost is in no sum. */
  readonly unpriced_requests?: number | undefined;
}

/** What a project has used. */
export interface ProjectUsage {
  readonly project_id: string;
  readonly period: "month" | "week" | "day";
  readonly total_tokens: number;
  /** US dollars. */
  readonly total_cost: number;
  readonly by_model: Readonly<Record<string, UsageGroup>>;
  /** Tokens of the project's monthly budget; null for no limit. */
  readonly limit: number | null;
  readonly remaining: number | null;
  readonly breakdown?: readonly (UsageGroup & { readonly group: string; readonly requests: number })[] | undefined;
}

export interface UsageQuery {
  /** Since the first of the month (which it is where it is missing), Monday or midnight, UTC. */
  readonly period?: ProjectUsage["period"];
  /** Another project than the key's own: with the scope `admin`. */
  readonly project_id?: string;
  readonly by?: "model" | "key" | "day" | "outcome";
}

/** Since the first of the month, or between times: RFC 3339 or epoch milliseconds; `to` is exclusive. */
export interface UsageFilter {
  readonly from?: string | number;
  readonly to?: string | number;
  readonly project_id?: string;
  readonly key_id?: string;
  readonly run_id?: string;
  readonly model?: string;
}
export interface UsageRowFilter extends UsageFilter {
  readonly limit?: number;
  readonly cursor?: string;
}

/** RFC 3339 or epoch milliseconds, rounded to whole days; `ending_at` is exclusive. The last 30 where they are missing. */
export interface DailyFilter {
  readonly starting_at?: string | number;
  readonly ending_at?: string | number;
}

export interface AdminUsage {
  /** One row for each request, newest first. */
  rows(filter?: UsageRowFilter, options?: CallOptions): Promise<Page<UsageRow>>;
  allRows(filter?: UsageRowFilter, options?: CallOptions): AsyncGenerator<UsageRow, void>;
  sums(by: UsageGrouping, filter?: UsageFilter, options?: CallOptions): Promise<readonly UsageSum[]>;
  /** Requests, cost and active keys by day (UTC); days without a request are left out. */
  daily(filter?: DailyFilter, options?: CallOptions): Promise<readonly DailyMetric[]>;
}

export function readProjectUsage(
  transport: Transport,
  query: UsageQuery = {},
  options?: CallOptions,
): Promise<ProjectUsage> {
  return transport.json({ method: "GET", path: "/v1/usage", query: { ...query } }, options);
}

export function createAdminUsage(transport: Transport): AdminUsage {
  const path = "/v1/admin/usage";
  const rows: AdminUsage["rows"] = (filter, options) =>
    transport.json({ method: "GET", path, query: { ...filter } }, options);
  return {
    rows,
    allRows: (filter = {}, options) => readPages(rows, filter, options),
    async sums(by, filter, options) {
      const query = { ...filter, by };
      const { data } = await transport.json<{ data: readonly UsageSum[] }>({ method: "GET", path, query }, options);
      return data;
    },
    async daily(filter, options) {
      const { daily_metrics: days } = await transport.json<{ daily_metrics: readonly DailyMetric[] }>(
        { method: "GET", path: "/v1/organizations/usage_report/claude_code", query: { ...filter } },
        options,
      );
      return days;
    },
  };
}
