import type { Run, RunReport, RunUsage } from "@gantry/contracts/runs";
import { noUsage } from "@gantry/contracts/completion";
import type { ControlParts } from "../control/control-parts.ts";
import type { UsageSum } from "@gantry/contracts/usage";

/** The latest moment that a date can have: a clock that runs ahead hides no call. */
const endOfTime = 8_640_000_000_000_000;

/** Adds to a run what it has used and how its budget stands. */
export function createRunReporter({ store, clock }: ControlParts): (run: Run) => Promise<RunReport> {
  return async (run) => {
    const [sums, budget] = await Promise.all([
      // One group at most: a run is of one project.
      store.usage.sum({ runId: run.id, from: 0, to: endOfTime }, "project"),
      run.budgetId === null ? undefined : store.control.getBudget(run.budgetId, clock.epoch()),
    ]);
    return { ...run, usage: toRunUsage(sums[0]), budget: budget ?? null };
  };
}

/** A run whose time is over has ended, though nobody ended it. */
export function toShownRun(run: Run, now: number): Run {
  return run.endedAt !== null || now < run.expiresAt ? run : { ...run, state: "ended", endedAt: run.expiresAt };
}

function toRunUsage(sum: UsageSum | undefined): RunUsage {
  if (sum === undefined) return { calls: 0, tokens: noUsage, costMicros: 0, unpriced: 0 };
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = sum;
  return {
    calls: sum.requests,
    tokens: { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens },
    costMicros: sum.costMicros,
    unpriced: sum.unpriced,
  };
}
