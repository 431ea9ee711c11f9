import { FailureError, toFailure } from "@gantry/contracts/errors";
import { z } from "zod";
import type { ProjectService } from "../../../core/control/project-service.ts";
import {
  countTokens,
  usagePeriods,
  type UsageService,
  type UsageSummary,
} from "../../../core/control/usage-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { DailyMetric, UsageSum } from "@gantry/contracts/usage";
import type { Handlers, Operation } from "./operation.ts";
import { projectField, timeField } from "./query-fields.ts";
import { toProjectFilter } from "./to-project-filter.ts";
import { toSumsCsv } from "./usage-csv.ts";

/** Reports in the shapes that clients of other services know; their names are in snake case, money in dollars. */

const dollars = z.number().meta({ description: "US dollars." });
const group = z.strictObject({
  tokens: z.int(),
  cost: dollars.nullable().meta({ description: "US dollars; null where none of the requests had a price." }),
  unpriced_requests: z.int().optional().meta({ description: "Requests without a price: their cost is in no sum." }),
});

export const reportOperations = {
  readProjectUsage: {
    method: "GET",
    path: "/v1/usage",
    summary:
      "What the key's project has used since the first of the month, Monday or midnight (UTC). With `by` also by key, day or " +
      "outcome. A key with the scope `admin` may name another project.",
    access: "any",
    query: z.strictObject({
      period: z.enum(usagePeriods).default("month"),
      project_id: projectField,
      by: z.enum(["model", "key", "day", "outcome"]).optional(),
      format: z.enum(["json", "csv"]).default("json"),
    }),
    answer: z.strictObject({
      project_id: z.string(),
      period: z.enum(usagePeriods),
      total_tokens: z.int(),
      total_cost: dollars,
      by_model: z.record(z.string(), group),
      limit: z.int().nullable().meta({ description: "Tokens of the project's monthly budget; null for no limit." }),
      remaining: z.int().nullable(),
      breakdown: z.array(group.extend({ group: z.string(), requests: z.int() })).optional(),
    }),
    texts: ["text/csv"],
  },
  readDailyMetrics: {
    method: "GET",
    path: "/v1/organizations/usage_report/claude_code",
    summary:
      "Requests, cost and active keys by day (UTC), from `starting_at` to `ending_at` (exclusive), rounded to whole days; the last 30 " +
      "where they are missing. Days without a request are left out.",
    access: "admin",
    query: z.strictObject({ starting_at: timeField.optional(), ending_at: timeField.optional() }),
    answer: z.strictObject({
      daily_metrics: z.array(
        z.strictObject({
          date: z.string(),
          total_sessions: z.int(),
          total_cost_usd: z.number(),
          active_users: z.int(),
        }) satisfies z.ZodType<DailyMetric>,
      ),
    }),
  },
} as const satisfies Record<string, Operation>;

export function createReportHandlers(
  usage: UsageService,
  projects: ProjectService,
  clock: Pick<Clock, "epoch">,
): Handlers<typeof reportOperations> {
  return {
    async readProjectUsage({ principal, query }) {
      const { projectId: project = principal.projectId } = await toProjectFilter(projects, query.project_id);
      if (project !== principal.projectId && !principal.scopes.includes("admin")) {
        throw new FailureError(toFailure("not_found", "There is no such project."));
      }
      const { period, by, format } = query;
      const summary = await usage.summary(project, period);
      if (format === "csv") {
        return toSumsCsv(await usage.breakdown(summary.projectId, period, by ?? "model"), by ?? "model");
      }
      const answer = toSummaryAnswer(summary);
      if (by === undefined) return answer;
      const sums = by === "model" ? summary.byModel : await usage.breakdown(summary.projectId, period, by);
      return {
        ...answer,
        breakdown: sums.map((sum) => ({ group: sum.group, requests: sum.requests, ...toGroup(sum) })),
      };
    },
    async readDailyMetrics({ query }) {
      const days = await usage.sum(toWholeDays(query, clock.epoch()), "day");
      const byDate = days.toSorted((one, other) => (one.group < other.group ? -1 : 1));
      return {
        daily_metrics: byDate.map((day) => ({
          date: day.group,
          total_sessions: day.requests,
          total_cost_usd: toDollars(day.costMicros),
          active_users: day.keys,
        })),
      };
    },
  };
}

const toDollars = (micros: number): number => micros / 1e6;
const toGroup = (sum: UsageSum) => ({
  tokens: countTokens(sum),
  cost: sum.unpriced > 0 && sum.costMicros === 0 ? null : toDollars(sum.costMicros),
  ...(sum.unpriced > 0 && { unpriced_requests: sum.unpriced }),
});

function toSummaryAnswer({ projectId, period, tokens, costMicros, byModel, budget }: UsageSummary) {
  return {
    project_id: projectId,
    period,
    total_tokens: tokens,
    total_cost: toDollars(costMicros),
    by_model: Object.fromEntries(byModel.map((sum) => [sum.group, toGroup(sum)])),
    limit: budget?.limit ?? null,
    remaining: budget?.remaining ?? null,
  };
}

const dayMs = 86_400_000;

function toWholeDays(
  { starting_at, ending_at }: { starting_at?: number | undefined; ending_at?: number | undefined },
  now: number,
): { from: number; to: number } {
  const to = Math.ceil((ending_at ?? now + 1) / dayMs) * dayMs;
  const from = starting_at === undefined ? to - 30 * dayMs : Math.floor(starting_at / dayMs) * dayMs;
  if (to > from) return { from, to };
  const message = "ending_at: expected a time after `starting_at`";
  throw new FailureError(toFailure("invalid_request", message, { param: "ending_at" }));
}
