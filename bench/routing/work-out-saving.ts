import { costOf, type PriceTable } from "../../packages/server/src/core/budgets/price-table.ts";
import { recommendModel } from "../../packages/server/src/core/routing/recommend-model.ts";
import { defaultRoutingRules } from "../../packages/server/src/core/routing/routing-rules.ts";
import { findPrice } from "./model-prices.ts";
import type { RoutingTask, Tier } from "./routing-mix.ts";

export interface SavingQuestion {
  readonly tasks: readonly RoutingTask[];
  /** Share of all requests by tier. Tiers without tasks are left out, and the others make up the whole. */
  readonly shares: Readonly<Record<Tier, number>>;
  readonly prices: PriceTable;
  /** What every request is billed by instead of its own tokens; the rules see no difference. */
  readonly sameTokens?: BilledTokens;
  /** Models that `auto` may choose; `*` for all. */
  readonly allowedModels: readonly string[];
}

interface BilledTokens {
  readonly input: number;
  readonly output: number;
}

/** One task with what the rules made of it. Costs are micro-dollars. */
export interface RoutedTask {
  readonly task: RoutingTask;
  readonly model: string;
  /** Name of the rule that decided. */
  readonly rule: string;
  /** Its part of all requests, from 0 to 1. */
  readonly weight: number;
  readonly autoMicros: number;
  readonly sonnetMicros: number;
}

/** Sums of a mix. Costs are micro-dollars of the average request; shares and the saving are from 0 to 1. */
export interface Saving {
  readonly saving: number;
  readonly autoMicros: number;
  readonly sonnetMicros: number;
  readonly models: readonly ModelShare[];
  readonly tasks: readonly RoutedTask[];
}

export interface ModelShare {
  readonly model: string;
  readonly ofRequests: number;
  /** Of what `auto` costs. */
  readonly ofCost: number;
}

/** Routes every task as the server would, with no budget near its end, and compares the cost with always-sonnet. */
export function workOutSaving(question: SavingQuestion): Saving {
  const { prices } = question;
  const weighed = weigh(question);
  const tasks = weighed.map(({ task, weight }): RoutedTask => {
    const { model, rule } = route(task, question.allowedModels);
    const tokens = question.sameTokens ?? toBilledTokens(task);
    const cost = (name: string): number => toCost(tokens, name, prices);
    return { task, model, rule, weight, autoMicros: cost(model), sonnetMicros: cost("sonnet") };
  });
  return { ...sumUp(tasks), tasks };
}

/** The sums over tasks that were routed before, such as those of one tier. Weights need not make up a whole. */
export function sumUp(tasks: readonly RoutedTask[]): Omit<Saving, "tasks"> {
  const whole = sum(tasks, ({ weight }) => weight);
  const autoMicros = sum(tasks, ({ weight, autoMicros: cost }) => weight * cost) / whole;
  const sonnetMicros = sum(tasks, ({ weight, sonnetMicros: cost }) => weight * cost) / whole;
  const models = defaultRoutingRules.models.map((model) => {
    const own = tasks.filter((task) => task.model === model);
    return {
      model,
      ofRequests: sum(own, ({ weight }) => weight) / whole,
      ofCost: sum(own, ({ weight, autoMicros: cost }) => weight * cost) / (whole * autoMicros),
    };
  });
  return { saving: 1 - autoMicros / sonnetMicros, autoMicros, sonnetMicros, models };
}

/** Latin letters have one byte, of which four make a token; other scripts have more bytes and fewer letters a token. */
const bytesPerToken = 4;

export function toBilledTokens({ prompt, tokens }: RoutingTask): BilledTokens {
  const { context = 0, pasted = 0, answer } = tokens;
  return { input: context + pasted + Math.ceil(Buffer.byteLength(prompt) / bytesPerToken), output: answer };
}

function weigh({ tasks, shares }: SavingQuestion): readonly { readonly task: RoutingTask; readonly weight: number }[] {
  const byTier = Map.groupBy(tasks, ({ tier }) => tier);
  const whole = [...byTier.keys()].reduce((total, tier) => total + shares[tier], 0);
  return [...byTier].flatMap(([tier, own]) => own.map((task) => ({ task, weight: shares[tier] / whole / own.length })));
}

function route({ prompt, tokens }: RoutingTask, allowedModels: readonly string[]) {
  const found = recommendModel({ prompt, contextSize: tokens.context ?? 0, allowedModels }, defaultRoutingRules);
  if (found === undefined) throw new Error(`none of these models may be recommended: ${allowedModels.join(", ")}`);
  return found;
}

/** Everything is billed as new input: a conversation that changes its model has nothing in the cache. */
function toCost({ input, output }: BilledTokens, model: string, prices: PriceTable): number {
  const usage = { inputTokens: input, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: output };
  return costOf(findPrice(prices, model), usage);
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
