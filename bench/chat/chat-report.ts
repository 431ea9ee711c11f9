import { median, quantile, toSpread } from "../measure/quantiles.ts";
import { toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import { toChatBounds } from "./chat-bounds.ts";
import { firstTokenOf, rateOf } from "./chat-figures.ts";
import { growthPercent, memoryAt } from "./measure-growth.ts";
import { longestConversation, type Plan, type Scenario } from "./plan.ts";
import type { ChatFigures } from "./run-chat.ts";
import type { Entry } from "./run-stage.ts";

const megabyte = 1024 * 1024;

/** The whole report in Markdown. */
export function toChatReport(figures: ChatFigures, machine: MachineFacts, plan: Plan): string {
  return [
    "# Chat: Gantry, the bare driver and a spawn per request",
    "",
    "Made by `npm run bench -- chat`.",
    describeMachine(machine),
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "All call the same scripted model, which answers at once and runs in a process of its own:",
    "",
    "- `spawn`: `claude -p` for each request, with the CLI's own tools and system prompt; the history is written into the prompt.",
    "- `bare`: Gantry's process host, walls and Claude driver, one warm process for each caller, without HTTP and pool.",
    "- `gantry`: `gantry serve` with its defaults, streamed over HTTP on connections that stay open.",
    "",
    "## Bounds",
    "",
    toBoundsTable(toChatBounds(figures)),
    "",
    ...toScenarioSection(figures, "new", "New conversations"),
    ...toScenarioSection(figures, "running", `Running conversations of up to ${longestConversation} turns`),
    ...toShareSection(figures),
    ...toRefusalSection(figures),
    ...toGrowthSection(figures),
    "## Method",
    "",
    `At most ${plan.rounds} rounds for each line of the tables; in each round, the contestants follow one another in the ` +
      `order above, each until its number of turns is reached or ${plan.blockMs / 1000} s are over. Warm-up is left out. Figures are the median over the rounds with the ` +
      "lowest and highest in brackets, p95 is taken over all turns, and ratios are taken round by round. Memory is the " +
      "highest Pss of all processes in a round that is not timed; for `bare` and `spawn` it is that of the CLI alone. " +
      "Every answer is compared with the word that was asked for.",
    "",
  ].join("\n");
}

function toScenarioSection({ stages }: ChatFigures, scenario: Scenario, title: string): string[] {
  const rows = stages
    .filter((stage) => stage.scenario === scenario)
    .flatMap(({ callers, entries }) => entries.map((entry) => toRow(callers, entry)));
  const columns = [
    ">Callers",
    "Contestant",
    ">First token p50, ms",
    ">p95, ms",
    ">Turns/s",
    ">Upstream bytes/turn",
    ">CPU ms/turn",
    ">Peak memory, MB",
    ">Turns",
  ];
  return [`## ${title}`, "", toMarkdownTable(columns, rows), ""];
}

function toRow(callers: number, { name, rounds, peakMemoryBytes }: Entry): string[] {
  const turns = rounds.reduce((sum, block) => sum + block.turns, 0);
  const perTurn = (total: number): string => toFigure(total / turns);
  return [
    String(callers),
    `\`${name}\``,
    toRange(rounds.map(firstTokenOf)),
    toFigure(
      quantile(
        rounds.flatMap((block) => block.firstTokenMs),
        0.95,
      ),
    ),
    toRange(rounds.map(rateOf)),
    perTurn(rounds.reduce((sum, block) => sum + block.upstreamBytes, 0)),
    perTurn(rounds.reduce((sum, block) => sum + block.cpuMs, 0)),
    toFigure(peakMemoryBytes / megabyte),
    String(turns),
  ];
}

function toRange(values: readonly number[]): string {
  const { median: middle, low, high } = toSpread(values);
  return values.length < 2 ? toFigure(middle) : `${toFigure(middle)} (${toFigure(low)}-${toFigure(high)})`;
}

function toShareSection({ shares }: ChatFigures): string[] {
  const rows = shares.map(({ scenario, gantryMs, bareMs, reportedMs }) => [
    scenario,
    toFigure(median(gantryMs)),
    toFigure(median(bareMs)),
    toFigure(median(gantryMs.map((ms, pair) => ms - (bareMs[pair] ?? Number.NaN)))),
    toFigure(median(reportedMs)),
    String(gantryMs.length),
  ]);
  const columns = [
    "Conversations",
    ">gantry p50, ms",
    ">bare p50, ms",
    ">Difference p50, ms",
    ">Reported p50, ms",
    ">Pairs",
  ];
  return [
    "## Gantry's own share",
    "",
    "First tokens at one caller, turn by turn beside each other. The difference is taken pair by pair and holds the HTTP " +
      "connection, authentication, decoding, the pool and encoding. `Reported` is the header `x-gantry-overhead-ms`: all " +
      "time outside the model, so it holds the CLI's own share too.",
    "",
    toMarkdownTable(columns, rows),
    "",
  ];
}

function toRefusalSection({ refusals }: ChatFigures): string[] {
  const rows = refusals.map(({ name, ms, heard }) => [
    `\`${name}\``,
    heard ? `${toFigure(ms / 1000)} s` : `> ${toFigure(ms / 1000)} s`,
  ]);
  return [
    "## An upstream that answers 401",
    "",
    "Time until the client hears of it. The spawned CLI is not waited for any longer than shown: it tries again for " +
      "minutes (178 s in an earlier measurement with release 2.1.328, which is not part of this run).",
    "",
    toMarkdownTable(["Contestant", ">Heard after"], rows),
    "",
  ];
}

function toGrowthSection({ growth }: ChatFigures): string[] {
  const { from, to, callers, samples } = growth;
  const toMegabytes = (turn: number, figure: "serverBytes" | "treeBytes"): string =>
    toFigure(memoryAt(growth, turn, figure) / megabyte);
  const turns = [from, Math.round((from + to) / 2), to];
  const rows = (["serverBytes", "treeBytes"] as const).map((figure) => [
    figure === "serverBytes" ? "server process (Rss)" : "server with all CLI processes (Pss)",
    ...turns.map((turn) => toMegabytes(turn, figure)),
    `${toFigure(growthPercent(growth, figure))} %`,
  ]);
  return [
    "## Memory over many turns",
    "",
    `One server, ${callers} callers, ${samples.at(-1)?.turn ?? 0} turns, half of them in new conversations. Each figure is ` +
      "the median of the five looks nearest to that turn, in MB.",
    "",
    toMarkdownTable(["", ...turns.map((turn) => `>Turn ${turn}`), ">Growth"], rows),
    "",
  ];
}
