import { createStopSignal, publish, readCount, readFlags, showProgress, UsageError } from "../command-line.ts";
import { openArena } from "../contestants/open-arena.ts";
import { readMachineFacts } from "../report/describe-machine.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { runTasks } from "./run-tasks.ts";
import { toTasksBounds } from "./tasks-bounds.ts";
import { toTasksReport } from "./tasks-report.ts";

/** Runs the benchmark and prints its report. A bound that is missed is a row of the report, not a failure. */
export async function tasksCommand(args: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(args, {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    claude: { type: "string", default: "2.1.328" },
    report: { type: "string" },
    json: { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not expected here`);
  const base = values.quick ? quickPlan : fullPlan;
  const plan = { ...base, rounds: readCount("rounds", values.rounds, base.rounds) };
  const signal = createStopSignal();
  await using arena = await openArena(values.claude);
  const machine = readMachineFacts(arena.claude.version);
  const figures = await runTasks(arena, { plan, signal, progress: showProgress });
  const report = toTasksReport(figures, machine, plan);
  await publish(report, { machine, bounds: toTasksBounds(figures), ...figures }, values);
  return 0;
}
