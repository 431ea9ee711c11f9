import type { RoutingCondition, RoutingRules } from "@gantry/contracts/routing";
import { readPrompt, type PromptSignals } from "./read-prompt.ts";

export interface RoutingQuestion {
  readonly prompt: string;
  /** Tokens of context that go with the prompt. */
  readonly contextSize: number;
  /** What is left of the tightest budget; undefined where none applies. */
  readonly remainingTokens?: number;
  readonly remainingMicros?: number;
  /** Which of the models of the rules may be used; `*` for all. */
  readonly allowedModels: readonly string[];
}

export interface Recommendation {
  readonly model: string;
  /** The rule that decided; `fallback` where none applied. */
  readonly rule: string;
  /** Sentences in the order in which they counted; at least one. */
  readonly reasons: readonly string[];
}

/**
 * Recommends a model: the first rule that applies decides, a budget that is nearly used steps down from there, and of
 * what is allowed the nearest is taken, the cheaper of two. Undefined where none of the models of the rules is allowed.
 */
export function recommendModel(question: RoutingQuestion, rules: RoutingRules): Recommendation | undefined {
  const signals = readPrompt(question.prompt);
  const rule = rules.rules.find(({ when }) => holds(when, signals, question, rules));
  const wanted = rules.models.indexOf(rule?.model ?? rules.fallback);

  const { index, reason } = stepDown(wanted, question, rules);
  const taken = findNearest(index, question.allowedModels, rules.models);
  const model = taken === undefined ? undefined : rules.models[taken];
  if (model === undefined) return undefined;

  const reasons = [rule?.reason ?? "An ordinary task."];
  if (reason !== undefined) reasons.push(reason);
  if (taken !== index) reasons.push(`${rules.models[index]} is not allowed; ${model} is the nearest that is.`);
  return { model, rule: rule?.name ?? "fallback", reasons };
}

function holds(
  when: RoutingCondition,
  signals: PromptSignals,
  { contextSize }: RoutingQuestion,
  rules: RoutingRules,
): boolean {
  const {
    contextAbove,
    promptShorterThan,
    promptLongerThan,
    codeBlocksAtLeast,
    questionsAtLeast,
    keywords = [],
  } = when;
  if (contextAbove !== undefined && !(contextSize > contextAbove)) return false;
  if (promptShorterThan !== undefined && signals.length >= promptShorterThan) return false;
  if (promptLongerThan !== undefined && signals.length <= promptLongerThan) return false;
  if (codeBlocksAtLeast !== undefined && signals.codeBlocks < codeBlocksAtLeast) return false;
  if (questionsAtLeast !== undefined && signals.questions < questionsAtLeast) return false;
  return keywords.every((set) => rules.keywords[set]?.some(signals.has));
}

function stepDown(
  wanted: number,
  { remainingTokens = Infinity, remainingMicros = Infinity }: RoutingQuestion,
  { ceilings, models }: RoutingRules,
): { readonly index: number; readonly reason: string | undefined } {
  let index = wanted;
  let reason: string | undefined;
  for (const { model, tokensBelow = 0, microsBelow = 0, reason: why } of ceilings) {
    const applies = remainingTokens < tokensBelow || remainingMicros < microsBelow;
    const highest = models.indexOf(model);
    if (!applies || highest >= index) continue;
    index = highest;
    reason = why;
  }
  return { index, reason };
}

function findNearest(index: number, allowed: readonly string[], models: readonly string[]): number | undefined {
  const all = allowed.includes("*");
  return models
    .map((model, at) => ({ model, at, distance: Math.abs(at - index) }))
    .filter(({ model }) => all || allowed.includes(model))
    .sort((left, right) => left.distance - right.distance || left.at - right.at)[0]?.at;
}
