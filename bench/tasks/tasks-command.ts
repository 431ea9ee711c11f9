import { createStopSignal, publish, readCount, readFlags, showProgress, UsageError } from "../command-line.ts";
import { readMachineFacts } from "../report/describe-machine.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { runTasks } from "./run-tasks.ts";
import { toTasksReport } from "./tasks-report.ts";

/** Runs the benchmark and prints its report. */
export async function tasksCommand(args: readonly string[]): Promise<number> {
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
  const figures = await runTasks({ plan, signal: createStopSignal(), progress: showProgress });
  await publish(toTasksReport(figures, machine, plan), { machine, ...figures }, values);
  return 0;
}
