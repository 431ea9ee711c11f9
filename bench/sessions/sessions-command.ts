import { createStopSignal, publish, readCount, readFlags, showProgress, UsageError } from "../command-line.ts";
import { readMachineFacts } from "../report/describe-machine.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { runSessions } from "./run-sessions.ts";
import { toSessionsBounds, toSessionsReport } from "./sessions-report.ts";

/** Runs the benchmark and prints its report. A bound that is missed is a row of the report, not a failure. */
export async function sessionsCommand(args: readonly string[]): Promise<number> {
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
  const figures = await runSessions(plan, createStopSignal(), showProgress);
  const report = toSessionsReport(figures, machine, plan);
  await publish(report, { machine, bounds: toSessionsBounds(figures), ...figures }, values);
  return 0;
}
