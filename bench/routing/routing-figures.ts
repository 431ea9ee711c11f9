import type { Bound } from "../report/bound.ts";
import { builtInTable, formerTable } from "./model-prices.ts";
import { routingMix, tiers, tierShares, type Tier } from "./routing-mix.ts";
import { sumUp, workOutSaving, type Saving } from "./work-out-saving.ts";

/** Everything that is worked out. */
export interface RoutingFigures {
  readonly described: Saving;
  /** The described mix by tier. */
  readonly byTier: readonly { readonly tier: Tier; readonly saving: Omit<Saving, "tasks"> }[];
  /** What the figure depends on, one thing changed at a time. */
  readonly others: readonly { readonly name: string; readonly saving: Omit<Saving, "tasks"> }[];
  /** The described mix at the best that any router could do: simple requests to haiku, all others to sonnet. */
  readonly ceiling: number;
}

export function workOutFigures(): RoutingFigures {
  const question = { tasks: routingMix, shares: tierShares, prices: builtInTable, allowedModels: ["*"] };
  const described = workOutSaving(question);
  const ofTier = (tier: Tier): Saving =>
    workOutSaving({ ...question, tasks: routingMix.filter((task) => task.tier === tier) });
  return {
    described,
    byTier: tiers.map((tier) => ({
      tier,
      saving: sumUp(described.tasks.filter(({ task }) => task.tier === tier)),
    })),
    others: [
      { name: "Simple requests alone", saving: ofTier("simple") },
      { name: "Medium requests alone", saving: ofTier("medium") },
      { name: "Complex requests alone", saving: ofTier("complex") },
      {
        name: "The described mix with a key that may use haiku and sonnet only",
        saving: workOutSaving({ ...question, allowedModels: ["haiku", "sonnet"] }),
      },
      {
        name: "The described mix, each request billed as 1,000 tokens in and 400 out, as those guides reckon",
        saving: workOutSaving({ ...question, sameTokens: { input: 1_000, output: 400 } }),
      },
      {
        name: "The described mix at the prices of the former service",
        saving: workOutSaving({ ...question, prices: formerTable }),
      },
    ],
    ceiling: workOutCeiling(),
  };
}

function workOutCeiling(): number {
  const split = tiers.map((tier) => {
    const allowedModels = [tier === "simple" ? "haiku" : "sonnet"];
    const tasks = routingMix.filter((task) => task.tier === tier);
    const { autoMicros, sonnetMicros } = workOutSaving({
      tasks,
      shares: tierShares,
      prices: builtInTable,
      allowedModels,
    });
    return { auto: tierShares[tier] * autoMicros, sonnet: tierShares[tier] * sonnetMicros };
  });
  const total = (of: "auto" | "sonnet"): number => split.reduce((sum, part) => sum + part[of], 0);
  return 1 - total("auto") / total("sonnet");
}

/** What the former service claims, with what comes out here. */
export function toRoutingBounds({ described }: RoutingFigures): readonly Bound[] {
  return [
    {
      claim: "Saving of `auto` against always-sonnet on the described mix (the former service claimed 60 to 70 %)",
      relation: ">=",
      limit: 60,
      unit: "%",
      measured: described.saving * 100,
    },
  ];
}
