import { z } from "zod";
import { keyInput } from "./access.ts";
import { budgetInput, type BudgetState } from "./budgets.ts";
import type { TokenUsage } from "./completion.ts";

/**
 * A run of an agent that somebody else starts, such as Claude Code in a CI job: it is given a token that is good for its own
 * model calls and for nothing else.
 */

/** `budget_reached`: its last call was refused by a budget. `ended`: by hand, or its time is over. */
export const runStates = ["open", "budget_reached", "ended"] as const;
export type RunState = (typeof runStates)[number];

const { limit, unit } = budgetInput.shape;

export const runInput = z.strictObject({
  /** Names or ids of models, with `*` for any text. Only those that the key may use as well; without it, all of them. */
  models: z.array(z.string().min(1).max(256)).min(1).max(32).default(["*"]),
  /** How long its token is good; at most 30 days. */
  expiresInSeconds: z.int().min(1).max(2_592_000).default(3600),
  metadata: keyInput.shape.metadata,
  /** What all its calls together may cost, besides the budgets of its key and its project. */
  budget: z.strictObject({ unit, limit }).optional(),
});
export const runUpdate = z.strictObject({ budget: z.strictObject({ limit }) });
export type RunInput = z.infer<typeof runInput>;
export type RunUpdate = z.infer<typeof runUpdate>;

export interface Run {
  readonly id: string;
  readonly projectId: string;
  /** The key that made it, which it lives no longer than. */
  readonly keyId: string;
  readonly models: readonly string[];
  readonly state: RunState;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** `name@version` of the permission profile it was made under. What it may do follows the key's profile as it is now. */
  readonly profile: string;
  /** The budget that was made with it. */
  readonly budgetId: string | null;
}

/** What the calls of a run have come to so far. */
export interface RunUsage {
  readonly calls: number;
  readonly tokens: TokenUsage;
  readonly costMicros: number;
  /** Calls of models without a price: their cost is not in the sum. */
  readonly unpriced: number;
}

export interface RunReport extends Run {
  readonly usage: RunUsage;
  /** Its own budget as it stands; null where it has none. */
  readonly budget: BudgetState | null;
}
