import { createStopSignal, publish, readCount, readFlags, showProgress, UsageError } from "../command-line.ts";
import { openArena } from "../contestants/open-arena.ts";
import { readMachineFacts } from "../report/describe-machine.ts";
import { fullPlan, quickPlan } from "./plan.ts";
import { runSandbox } from "./run-sandbox.ts";
import { toSandboxBounds } from "./sandbox-bounds.ts";
import { toSandboxReport } from "./sandbox-report.ts";

/** Runs the benchmark and prints its report. A bound that is missed is a row of the report, not a failure. */
export async function sandboxCommand(args: readonly string[]): Promise<number> {
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
  const figures = await runSandbox(arena, { plan, signal, progress: showProgress });
  await publish(
    toSandboxReport(figures, machine, plan),
    { machine, bounds: toSandboxBounds(figures), ...figures },
    values,
  );
  return 0;
}
