import type { BudgetState } from "@gantry/contracts/budgets";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { RateOutcome } from "../ports/rate-limiter.ts";

/** A day: no client is told to wait longer, since some overflow their timers. */
const longestWaitMs = 86_400_000;

/** A budget has no room for a request. */
export class BudgetError extends FailureError {
  /** There is some of it left, but open requests hold that: there may be room once they are settled. */
  readonly isOnlyHeld: boolean;

  constructor(budget: BudgetState, now: number) {
    super(toBudgetFailure(budget, now));
    this.isOnlyHeld = budget.spent < budget.effectiveLimit;
  }
}

/** One stable code, with limit, spent, reserved and the reset in the sentence. */
function toBudgetFailure(budget: BudgetState, now: number): Failure {
  const show = (amount: number): string =>
    budget.unit === "micros" ? `$${(amount / 1_000_000).toFixed(6)}` : `${amount} tokens`;
  const reset =
    budget.resetsAt === null ? "It does not reset." : `It resets at ${new Date(budget.resetsAt).toISOString()}.`;
  const wait = budget.resetsAt === null ? undefined : Math.min(longestWaitMs, Math.max(0, budget.resetsAt - now));
  return toFailure(
    "budget_exceeded",
    `The ${budget.window} budget of this ${budget.subject} has no room for the request: limit ${show(budget.effectiveLimit)}, ` +
      `spent ${show(budget.spent)}, reserved ${show(budget.reserved)}. ${reset}`,
    wait === undefined ? {} : { retryAfterMs: wait },
  );
}

export function toRateFailure(rate: RateOutcome): Failure {
  const bucket =
    rate.requests !== undefined && rate.requests.remaining < 1 ? rate.requests : (rate.tokens ?? rate.requests);
  const what = bucket === rate.requests ? "requests" : "tokens";
  return toFailure("rate_limited", `This key may use ${bucket?.limit ?? 0} ${what} a minute.`, {
    retryAfterMs: Math.min(longestWaitMs, Math.max(1, Math.ceil(rate.retryAfterMs))),
  });
}
