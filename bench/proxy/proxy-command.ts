import { createStopSignal, publish, readCount, readFlags, showProgress, UsageError } from "../command-line.ts";
import { readMachineFacts } from "../report/describe-machine.ts";
import { openProxyBench } from "./open-proxy-bench.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { toProxyBounds } from "./proxy-bounds.ts";
import { toProxyReport } from "./proxy-report.ts";
import { runProxy } from "./run-proxy.ts";

/**
 * Runs the benchmark and prints its report. A bound that is missed is a row of the report, not a failure; a wrong answer and
 * books that are wrong are.
 */
export async function proxyCommand(args: readonly string[]): Promise<number> {
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
  await using bench = await openProxyBench({ plan, signal: createStopSignal(), progress: showProgress });
  const figures = await runProxy(bench);
  const report = toProxyReport(figures, machine, plan);
  await publish(report, { machine, bounds: toProxyBounds(figures), ...figures }, values);
  return 0;
}
