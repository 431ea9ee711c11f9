import { routingRules, type RoutingExtension, type RoutingRules } from "@gantry/contracts/routing";
import { backgroundPrompts } from "./background-prompts.ts";
import { routingKeywords } from "./routing-keywords.ts";

/**
 * The built-in rules. Bounds and examples are those of the former service (context above 10,000 tokens, prompts under
 * 100 characters, steps down on the way to an empty budget); what it saw only in English words is seen in eight
 * languages and in the prompt's shape.
 */
export const defaultRoutingRules: RoutingRules = {
  models: ["haiku", "sonnet", "opus"],
  fallback: "sonnet",
  keywords: routingKeywords,
  rules: [
    {
      name: "large-context",
      when: { contextAbove: 10_000 },
      model: "opus",
      reason: "The context is longer than 10,000 tokens.",
    },
    {
      name: "large-design",
      when: { keywords: ["design", "scale"] },
      model: "opus",
      reason: "It is about the design of a system of many parts.",
    },
    {
      name: "demanding",
      when: { keywords: ["demanding"] },
      model: "sonnet",
      reason: "The task takes thought: analysis, design, debugging or the like.",
    },
    { name: "code", when: { codeBlocksAtLeast: 1 }, model: "sonnet", reason: "The prompt holds code." },
    {
      name: "many-questions",
      when: { questionsAtLeast: 3 },
      model: "sonnet",
      reason: "The prompt asks several questions.",
    },
    {
      name: "simple",
      when: { keywords: ["simple"], promptShorterThan: 100 },
      model: "haiku",
      reason: "A short prompt for a simple task.",
    },
    {
      name: "short-question",
      when: { questionsAtLeast: 1, promptShorterThan: 60 },
      model: "haiku",
      reason: "One short question.",
    },
  ],
  background: { enabled: true, model: "haiku", prompts: backgroundPrompts },
  ceilings: [
    { model: "haiku", tokensBelow: 5_000, reason: "Fewer than 5,000 tokens are left of the budget." },
    { model: "sonnet", tokensBelow: 20_000, reason: "Fewer than 20,000 tokens are left of the budget." },
    { model: "haiku", microsBelow: 10_000, reason: "Less than 0.01 dollars are left of the budget." },
    { model: "sonnet", microsBelow: 100_000, reason: "Less than 0.10 dollars are left of the budget." },
  ],
};

/**
 * The built-in rules with what a config file says: keywords are added to their sets, rules go before the built-in ones,
 * prompts of the background are added, the rest takes their place. Throws a `ZodError` where the whole does not fit together, such as a rule for a model
 * that is none.
 */
export function extendRoutingRules(
  extension: RoutingExtension,
  base: RoutingRules = defaultRoutingRules,
): RoutingRules {
  const { keywords = {}, rules = [], models, fallback, ceilings, background = {} } = extension;
  const sets = new Set([...Object.keys(base.keywords), ...Object.keys(keywords)]);
  return routingRules.parse({
    models: models ?? base.models,
    fallback: fallback ?? base.fallback,
    keywords: Object.fromEntries(
      [...sets].map((set) => [set, [...(base.keywords[set] ?? []), ...(keywords[set] ?? [])]]),
    ),
    rules: [...rules, ...base.rules],
    ceilings: ceilings ?? base.ceilings,
    background: {
      enabled: background.enabled ?? base.background.enabled,
      // The cheapest of the models, which are the configuration's.
      model: background.model ?? models?.[0] ?? base.background.model,
      prompts: [...(background.prompts ?? []), ...base.background.prompts],
    },
  });
}
