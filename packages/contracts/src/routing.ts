import { z } from "zod";

/** The rules by which a model is recommended, as data: a config file may add to them or put others in their place. */

const name = z.string().min(1).max(120);
const reason = z.string().min(1).max(500);
const amount = z.int().min(0).max(1_000_000_000_000_000);

/** All that are given must hold; a condition that gives none always holds. */
const condition = z.strictObject({
  /** Of each of these sets at least one word or phrase stands in the prompt, outside of code. */
  keywords: z.array(name).min(1).max(10).optional(),
  /** In tokens. */
  contextAbove: amount.optional(),
  /** In characters; one of Chinese or Japanese writing counts as two. */
  promptShorterThan: amount.optional(),
  promptLongerThan: amount.optional(),
  codeBlocksAtLeast: amount.optional(),
  questionsAtLeast: amount.optional(),
});

const rule = z.strictObject({ name, when: condition, model: name, reason });

/** With less left than this, nothing dearer than `model` is recommended. */
const ceiling = z.strictObject({ model: name, tokensBelow: amount.optional(), microsBelow: amount.optional(), reason });

/**
 * What chat front ends ask behind their users' backs: titles, tags, suggestions. `model` answers that, whatever was asked for. A prompt is such a
 * one where it begins with `begins` and holds all of `has`; blanks before it and case do not matter.
 */
const background = z.strictObject({
  enabled: z.boolean(),
  model: name,
  prompts: z
    .array(
      z.strictObject({
        begins: z.string().min(1).max(200),
        has: z.array(z.string().min(1).max(200)).max(10).optional(),
      }),
    )
    .max(200),
});

/**
 * Words and phrases by set. A word is matched as a whole; `*` at its end stands for any ending. Case and accents do not
 * matter. Chinese and Japanese are matched anywhere, since they put no blanks between words.
 */
const keywords = z.record(name, z.array(z.string().min(1).max(80)).max(2000));

const shape = {
  /** The models that may be recommended, the cheapest first. */
  models: z.array(name).min(1).max(20),
  /** The model where no rule applies. */
  fallback: name,
  keywords,
  /** The first whose condition holds decides. */
  rules: z.array(rule).max(200),
  ceilings: z.array(ceiling).max(50),
  background,
};

export const routingRules = z.strictObject(shape).superRefine((rules, context) => {
  const expectModel = (model: string, ...path: (string | number)[]): void => {
    if (!rules.models.includes(model))
      context.addIssue({ code: "custom", path, message: `${model} is not among "models"` });
  };
  expectModel(rules.fallback, "fallback");
  expectModel(rules.background.model, "background", "model");
  rules.ceilings.forEach(({ model }, index) => expectModel(model, "ceilings", index, "model"));
  rules.rules.forEach(({ model, when }, index) => {
    expectModel(model, "rules", index, "model");
    const unknown = when.keywords?.find((set) => !Object.hasOwn(rules.keywords, set));
    if (unknown === undefined) return;
    context.addIssue({
      code: "custom",
      path: ["rules", index, "when", "keywords"],
      message: `there is no set of keywords "${unknown}"`,
    });
  });
});
export type RoutingRules = z.infer<typeof routingRules>;
export type RoutingCondition = z.infer<typeof condition>;

/**
 * What a config file says: keywords are added to their sets, rules go before the built-in ones, the rest replaces them.
 */
export const routingExtension = z.strictObject({ ...shape, background: background.partial() }).partial();
export type RoutingExtension = z.infer<typeof routingExtension>;

/** The model that `auto` would take for a prompt, and why. */
export interface ModelRecommendation {
  readonly recommended_model: string;
  /** All `reasons`, in one line. */
  readonly reasoning: string;
  readonly reasons: readonly string[];
  /** Name of the rule that decided. */
  readonly rule: string;
  /** What the project has used since the first of the month. */
  readonly budget_status: {
    readonly total_tokens: number;
    /** US dollars. */
    readonly total_cost: number;
    /** Tokens of the project's monthly budget; null for no limit. */
    readonly limit: number | null;
    readonly remaining: number | null;
  };
}
