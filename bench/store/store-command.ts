import { createStopSignal, publish, readCount, readFlags, showProgress, UsageError } from "../command-line.ts";
import { readMachineFacts } from "../report/describe-machine.ts";
import { openStoreBench } from "./open-store-bench.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { runStore } from "./run-store.ts";
import { toStoreBounds } from "./store-bounds.ts";
import { toStoreReport } from "./store-report.ts";

/**
 * Runs the benchmark and prints its report. A bound that is missed is a row of the report, not a failure; books that
 * are wrong are.
 */
export async function storeCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(args, {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    report: { type: "string" },
    json: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not expected here`);
  const base = values.quick ? quickPlan : fullPlan;
  const plan = { ...base, rounds: readCount("rounds", values.rounds, base.rounds) };

  const machine = readMachineFacts();
  await using bench = await openStoreBench({ plan, signal: createStopSignal(), progress: showProgress });
  const figures = await runStore(bench);
  const report = toStoreReport(figures, machine, plan);
  await publish(report, { machine, bounds: toStoreBounds(figures), ...figures }, values);
  return 0;
}
