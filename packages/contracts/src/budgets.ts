import { z } from "zod";

/** Bounds on what projects, keys and single runs may spend. */

export const budgetWindows = ["minute", "hour", "day", "week", "month", "lifetime"] as const;
/** Windows follow the UTC calendar; a week begins on Monday. */
export type BudgetWindow = (typeof budgetWindows)[number];

export const budgetUnits = ["micros", "tokens"] as const;
/** `micros` are millionths of a US dollar. */
export type BudgetUnit = (typeof budgetUnits)[number];

export const budgetSubjects = ["project", "key", "run"] as const;
export type BudgetSubject = (typeof budgetSubjects)[number];

const amount = z.int().min(0).max(1_000_000_000_000_000);

export const budgetInput = z.strictObject({
  subject: z.enum(budgetSubjects),
  /** Id of the project, key or run. */
  subjectId: z.string().min(1).max(200),
  unit: z.enum(budgetUnits),
  window: z.enum(budgetWindows),
  limit: amount,
  /** Count, but do not refuse. */
  shadow: z.boolean().default(false),
});
export const budgetUpdate = z.strictObject({
  limit: amount.optional(),
  shadow: z.boolean().optional(),
  /** A temporary addition to the limit, or null to end it. */
  raise: z.strictObject({ amount, until: z.int().min(0) }).nullable().optional(),
});
export type BudgetInput = z.infer<typeof budgetInput>;
export type BudgetUpdate = z.infer<typeof budgetUpdate>;

export interface Budget extends Readonly<BudgetInput> {
  readonly id: string;
  readonly raise: { readonly amount: number; readonly until: number } | null;
  readonly createdAt: number;
}

/** A budget with its figures in the window that is running now. */
export interface BudgetState extends Budget {
  /** The limit with a running raise. */
  readonly effectiveLimit: number;
  readonly spent: number;
  readonly reserved: number;
  /** When the window ends, in epoch milliseconds; null for a lifetime budget. */
  readonly resetsAt: number | null;
}
