import { toSpread } from "../measure/quantiles.ts";
import { toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import type { Plan } from "./plan.ts";
import type { Round, SandboxFigures } from "./run-sandbox.ts";
import { toAdded, toSandboxBounds } from "./sandbox-bounds.ts";

/** The whole report in Markdown. */
export function toSandboxReport(figures: SandboxFigures, machine: MachineFacts, plan: Plan): string {
  const columns = ["Contestant", ">Start, ms", ">Added", ">Warm turn, ms", ">Added", ">Short runs/s"];
  const rows = figures.entries.map(({ name, rounds }) => [
    `\`${name}\``,
    toRange(rounds.map(({ startMs }) => startMs)),
    toRange(toAdded(figures, name, ({ startMs }) => startMs)),
    toRange(rounds.map(({ turnMs }) => turnMs)),
    toRange(toAdded(figures, name, ({ turnMs }: Round) => turnMs)),
    toRange(rounds.map(({ runsPerSecond }) => runsPerSecond)),
  ]);
  return [
    "# Sandbox: what walls add to a start and to a turn",
    "",
    "Made by `npm run bench -- sandbox`.",
    describeMachine(machine),
    `The server runs as ${process.getuid?.() === 0 ? "root: programs become users of their own" : "a user without rights"}.`,
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "## Bounds",
    "",
    toBoundsTable(toSandboxBounds(figures)),
    "",
    "## Figures",
    "",
    toMarkdownTable(columns, rows),
    "",
    "## Method",
    "",
    `${plan.rounds} rounds; in each the contestants follow one another in the order of the table. A start is from the call until the ` +
      `CLI has answered its first question (median of ${plan.starts}); a warm turn is on a process that was emptied before (median of ` +
      `${plan.turns}), against a model on the same machine that answers at once; short runs are of \`/bin/true\`, ${plan.callers} at a ` +
      `time for ${plan.blockMs / 1000} s, each until all of it is cleared away. Figures are medians over the rounds with the lowest and ` +
      "highest in brackets; what is added is taken round by round against `none`.",
    "",
    "`none` has no walls, `walls` is bubblewrap without a network, `walls-and-bounds` has the control groups of the server besides. All reach the model " +
      "over a Unix socket that passes bytes on.",
    "",
  ].join("\n");
}

function toRange(values: readonly number[]): string {
  const { median, low, high } = toSpread(values);
  return values.length < 2 ? toFigure(median) : `${toFigure(median)} (${toFigure(low)} to ${toFigure(high)})`;
}
