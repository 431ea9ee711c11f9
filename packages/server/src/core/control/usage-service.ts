import type { BudgetState } from "@gantry/contracts/budgets";
import type { UsageGrouping, UsageRow, UsageSum } from "@gantry/contracts/usage";
import { findWindow } from "../budgets/budget-window.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import type { UsageFilter } from "../ports/usage-store.ts";
import type { ControlParts } from "./control-parts.ts";
import { readPages } from "./read-pages.ts";
import { requireFound } from "./refusals.ts";

export const usagePeriods = ["month", "week", "day"] as const;
/** Of the UTC calendar, up to now: since the first of the month, since Monday, since midnight. */
export type UsagePeriod = (typeof usagePeriods)[number];

/** What a project has used. Tokens are those of all kinds, as token budgets count them. */
export interface UsageSummary {
  readonly projectId: string;
  readonly period: UsagePeriod;
  readonly tokens: number;
  readonly costMicros: number;
  readonly byModel: readonly UsageSum[];
  /** The project's enforced token budget of a month that leaves the least; undefined where there is none. */
  readonly budget: { readonly limit: number; readonly remaining: number } | undefined;
}

export interface UsageService {
  /** Rejects with a `FailureError` of code `not_found` where there is no such project. */
  summary(idOrName: string, period: UsagePeriod): Promise<UsageSummary>;
  /** The summary's rows, grouped otherwise. */
  breakdown(projectId: string, period: UsagePeriod, by: UsageGrouping): Promise<readonly UsageSum[]>;
  sum(filter: UsageFilter, by: UsageGrouping): Promise<readonly UsageSum[]>;
  list(filter: UsageFilter, page: PageRequest): Promise<Page<UsageRow>>;
  /** All rows, newest first, read page by page as they are taken. */
  rows(filter: UsageFilter): AsyncIterable<readonly UsageRow[]>;
}

const exportPage = 500;
const budgetPage = 200;

export function createUsageService({ store, clock }: ControlParts): UsageService {
  const filterOf = (projectId: string, period: UsagePeriod): UsageFilter => {
    const now = clock.epoch();
    return { projectId, from: findWindow(period, now).start, to: now + 1 };
  };
  const breakdown = (projectId: string, period: UsagePeriod, by: UsageGrouping) =>
    store.usage.sum(filterOf(projectId, period), by);

  return {
    async summary(idOrName, period) {
      const { id } = requireFound(await store.control.findProject(idOrName), "project");
      const [byModel, budget] = await Promise.all([breakdown(id, period, "model"), findTightest(id)]);
      return {
        projectId: id,
        period,
        tokens: total(byModel, countTokens),
        costMicros: total(byModel, ({ costMicros }) => costMicros),
        byModel,
        budget: budget && { limit: budget.effectiveLimit, remaining: toRemaining(budget) },
      };
    },
    breakdown,
    sum: (filter, by) => store.usage.sum(filter, by),
    list: (filter, page) => store.usage.list(filter, page),
    rows: (filter) => readPages((page) => store.usage.list(filter, page), exportPage),
  };

  async function findTightest(projectId: string): Promise<BudgetState | undefined> {
    const list = (page: PageRequest) =>
      store.control.listBudgets({ ...page, subject: "project", subjectId: projectId }, clock.epoch());
    let tightest: BudgetState | undefined;
    for await (const budgets of readPages(list, budgetPage)) {
      for (const budget of budgets) {
        if (budget.unit !== "tokens" || budget.window !== "month" || budget.shadow) continue;
        if (tightest === undefined || toRemaining(budget) < toRemaining(tightest)) tightest = budget;
      }
    }
    return tightest;
  }
}

/** All kinds of tokens of a sum. */
export function countTokens(sum: UsageSum): number {
  return sum.inputTokens + sum.cacheReadTokens + sum.cacheWriteTokens + sum.outputTokens;
}

function total(sums: readonly UsageSum[], value: (sum: UsageSum) => number): number {
  return sums.reduce((all, sum) => all + value(sum), 0);
}

function toRemaining({ effectiveLimit, spent, reserved }: BudgetState): number {
  return Math.max(0, effectiveLimit - spent - reserved);
}
