import { median, toSpread } from "../measure/quantiles.ts";
import { type Bound, toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import type { SessionsPlan } from "./plan.ts";
import type { LiveFigures } from "./run-live.ts";
import type { LatencyStage, SessionsFigures } from "./run-sessions.ts";

const p50Of = ({ rounds }: LatencyStage): number => median(rounds.map(({ p50Ms }) => p50Ms));
const lostOf = ({ rounds }: LatencyStage): number => rounds.reduce((sum, { lost }) => sum + lost, 0);

/** What the project promises, with what came out. */
export function toSessionsBounds({ latency, bytesPerSession, live }: SessionsFigures): readonly Bound[] {
  const hundred = latency.find(({ readers }) => readers === 100);
  const most = latency.at(-1);
  return [
    {
      claim: "From the append to its reader, p50, 100 readers",
      relation: "<",
      limit: 5,
      unit: "ms",
      measured: hundred === undefined ? Number.NaN : p50Of(hundred),
    },
    {
      claim: `Events lost to ${most?.readers ?? 0} readers`,
      relation: "=",
      limit: 0,
      unit: "events",
      measured: most === undefined ? Number.NaN : lostOf(most),
    },
    {
      claim: "From an interrupt to the session's rest, p50",
      relation: "<",
      limit: 300,
      unit: "ms",
      measured: median(live.interrupts),
    },
    {
      claim: "From a message to a session without a process until its process works on it, p50",
      relation: "<",
      limit: 1_000,
      unit: "ms",
      measured: median(live.resumes),
    },
    { claim: "Processes of an idle session", relation: "=", limit: 0, unit: "processes", measured: live.idleProcesses },
    { claim: "Memory of an idle session", relation: "<", limit: 50, unit: "kB", measured: bytesPerSession / 1000 },
  ];
}

function toTurnRows({ resumes, firstTexts, interrupts }: LiveFigures): readonly (readonly string[])[] {
  const row = (name: string, values: readonly number[]): readonly string[] => {
    const spread = toSpread(values);
    return [name, toFigure(spread.median), toFigure(spread.low), toFigure(spread.high)];
  };
  return [
    row("From a message until the process is at work on it", resumes),
    row("From a message until the first text of the answer", firstTexts),
    row("From an interrupt until the session rests", interrupts),
  ];
}

/** The whole report in Markdown. */
export function toSessionsReport(figures: SessionsFigures, machine: MachineFacts, plan: SessionsPlan): string {
  const rates = toSpread(figures.appends);
  const rows = figures.latency.map((stage) => [
    String(stage.readers),
    toFigure(p50Of(stage)),
    toFigure(median(stage.rounds.map(({ p99Ms }) => p99Ms))),
    String(lostOf(stage)),
  ]);
  return [
    "# Sessions: appends, readers and memory",
    "",
    "Made by `npm run bench -- sessions`.",
    describeMachine(machine),
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "## Bounds",
    "",
    toBoundsTable(toSessionsBounds(figures)),
    "",
    "## Appends",
    "",
    `${toFigure(rates.median)} events a second (rounds: ${toFigure(rates.low)} to ${toFigure(rates.high)}), appended to ` +
      `${plan.writers} sessions at the same time, one event a commit, each waited for until it is committed durably.`,
    "",
    "## From the append to its readers",
    "",
    toMarkdownTable([">Readers", ">p50, ms", ">p99, ms", ">Lost"], rows),
    "",
    "## Turns",
    "",
    toMarkdownTable([">", ">p50, ms", ">Least", ">Most"], toTurnRows(figures.live)),
    "",
    "## Memory",
    "",
    `An idle session holds ${toFigure(figures.bytesPerSession / 1000)} kB of heap; a reader that waits ` +
      `${toFigure(figures.bytesPerReader / 1000)} kB, its channel included.`,
    "",
    "## Method",
    "",
    `${plan.rounds} rounds on the embedded store. A delay is counted from before the commit until the reader has the event; readers are in the ` +
      "server's process, so that sockets are not in the figures. Each reader checks that it is given every event, in order. Turns are those of a whole server " +
      "with the real CLI and the demo model, over HTTP: each goes on with a conversation whose process was given back, and is interrupted at its first text.",
    "",
  ].join("\n");
}
