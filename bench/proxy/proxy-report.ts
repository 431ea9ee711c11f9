import { median, quantile, toSpread } from "../measure/quantiles.ts";
import { toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import type { RoadFigures } from "./compare-roads.ts";
import type { Plan } from "./plan.ts";
import { megabyte, rateOf, toDifferences, toProxyBounds, toShareOfPipe } from "./proxy-bounds.ts";
import type { Entry, Stage } from "./run-loads.ts";
import type { ProxyFigures } from "./run-proxy.ts";

/** The whole report in Markdown. */
export function toProxyReport(figures: ProxyFigures, machine: MachineFacts, plan: Plan): string {
  return [
    "# Model plane: Gantry, a plain pipe and the upstream itself",
    "",
    "Made by `npm run bench -- proxy`.",
    describeMachine(machine),
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "All are asked by `POST /v1/messages`, over connections that stay open:",
    "",
    "- `upstream`: a program that answers at once, with a small message or with 50 pieces of a stream.",
    "- `pipe`: a few lines of Node's own HTTP server and client that forward bytes to the upstream, keep-alive on both sides.",
    "- `gantry`: `gantry serve` with its defaults, in front of the same upstream. Its key has limits of requests and tokens " +
      "a minute and of requests at one time, a budget of its own and one of its project; every call is set aside, " +
      "settled and audited durably on the embedded store, counted in the metrics and written to the log.",
    "",
    "## Bounds",
    "",
    toBoundsTable(toProxyBounds(figures)),
    "",
    ...toLoadSection(figures, plan),
    ...toAddedSection(figures),
    ...toRoadSection(figures),
    ...toStreamSection(figures),
    ...toLeaverSection(figures),
    ...toMethodSection(plan),
  ].join("\n");
}

function toLoadSection({ stages }: ProxyFigures, { connections }: Plan): string[] {
  const rows = stages.flatMap((stage) => stage.entries.map((entry) => toRow(stage, entry)));
  const columns = [
    "Load",
    "Contestant",
    ">Requests/s",
    ">Of the pipe",
    ">First byte p50, ms",
    ">p95, ms",
    ">CPU ms/request",
    ">Memory, MB",
  ];
  return [`## ${connections} connections`, "", toMarkdownTable(columns, rows), ""];
}

function toRow(stage: Stage, { name, rounds }: Entry): string[] {
  const requests = rounds.reduce((sum, block) => sum + block.requests, 0);
  const cpuMs = rounds.reduce((sum, block) => sum + block.cpuMs, 0);
  return [
    stage.load,
    `\`${name}\``,
    toRange(rounds.map(rateOf)),
    toFigure(toShareOfPipe(stage, name).median),
    toRange(rounds.map(({ firstByteP50Ms }) => firstByteP50Ms)),
    toRange(rounds.map(({ firstByteP95Ms }) => firstByteP95Ms)),
    toFigure(cpuMs / requests),
    toFigure(Math.max(...rounds.map(({ residentBytes }) => residentBytes)) / megabyte),
  ];
}

function toRange(values: readonly number[]): string {
  const { median: middle, low, high } = toSpread(values);
  return values.length < 2 ? toFigure(middle) : `${toFigure(middle)} (${toFigure(low)}-${toFigure(high)})`;
}

function toAddedSection({ addedTimes }: ProxyFigures): string[] {
  const rows = addedTimes.map((time) => [
    time.load,
    toFigure(median(time.pipeMs)),
    toFigure(median(time.gantryMs)),
    toFigure(median(toDifferences(time))),
    toFigure(quantile(toDifferences(time), 0.95)),
    String(time.gantryMs.length),
  ]);
  const columns = ["Load", ">pipe p50, ms", ">gantry p50, ms", ">Difference p50, ms", ">p95, ms", ">Pairs"];
  return [
    "## First byte on one connection",
    "",
    "Request by request beside each other; the difference is taken pair by pair. Of a stream, the reservation of its " +
      "cost is on the disk before the first byte comes; of a message that comes whole, its settlement too.",
    "",
    toMarkdownTable(columns, rows),
    "",
  ];
}

function toRoadSection({ roads }: ProxyFigures): string[] {
  const chats = roads[0]?.wholeMs.length ?? 0;
  const rows = roads.map((road) => [
    `\`${road.name}\``,
    toFigure(median(road.firstTokenMs)),
    toFigure(quantile(road.firstTokenMs, 0.95)),
    toFigure(median(road.wholeMs)),
    ...toUpstreamCells(road, chats),
  ]);
  const columns = [
    "Road",
    ">First token p50, ms",
    ">p95, ms",
    ">Whole p50, ms",
    ">Upstream calls",
    ">Upstream bytes",
    ">Input tokens",
    ">Of these from cache",
    ">Output tokens",
    ">Cost, micro-dollars",
  ];
  return [
    "## The same chat over the CLI and over the direct road",
    "",
    `${chats} chats of one turn by \`POST /v1/chat/completions\`, streamed, alternately with \`gantry.driver\` \`claude\` ` +
      "(a warm CLI process, whose calls come back through the model plane) and `direct`. The model is the demo model, " +
      "which counts four bytes as a token and keeps the vendor's rules of caching. Figures from the fifth column on are " +
      "of one chat; tokens and cost are those that were booked.",
    "",
    toMarkdownTable(columns, rows),
    "",
  ];
}

function toUpstreamCells(road: RoadFigures, chats: number): string[] {
  const { inputTokens, cacheReadTokens, cacheWriteTokens } = road;
  return [
    road.upstreamCalls,
    road.upstreamBytes,
    inputTokens + cacheReadTokens + cacheWriteTokens,
    cacheReadTokens,
    road.outputTokens,
    road.costMicros,
  ].map((total) => toFigure(total / chats));
}

function toStreamSection({ streams }: ProxyFigures): string[] {
  const { startBytes, beforeBytes, openedBytes, heldBytes, afterBytes } = streams;
  const row = [startBytes, beforeBytes, openedBytes, heldBytes, afterBytes].map((bytes) => toFigure(bytes / megabyte));
  return [
    `## ${streams.streams} open streams`,
    "",
    "Resident memory of the server's process in MB, before a first wave of as many streams and around a second one. While " +
      "the streams are held open, each gets a piece every second.",
    "",
    toMarkdownTable(
      [
        ">Before the first wave",
        ">Before the second",
        ">All open",
        `>${streams.holdMs / 1000} s later`,
        ">After their end",
      ],
      [row],
    ),
    "",
  ];
}

function toLeaverSection({ leavers }: ProxyFigures): string[] {
  const { clients, leaveEveryMs, heardMs, beforeBytes, afterBytes } = leavers;
  const row = [
    ...[0.5, 0.95, 1].map((share) => toFigure(quantile(heardMs, share))),
    ...[beforeBytes, afterBytes].map((bytes) => toFigure(bytes / megabyte)),
  ];
  return [
    `## ${clients} clients that leave`,
    "",
    `All have open streams; then one leaves every ${leaveEveryMs} ms. The times are those from a client's leaving until the ` +
      "upstream finds its call ended, on the clock that both processes share. A first wave of as many is left out.",
    "",
    toMarkdownTable(
      [">Upstream heard after p50, ms", ">p95, ms", ">Highest, ms", ">Memory before, MB", ">Memory after, MB"],
      [row],
    ),
    "",
  ];
}

function toMethodSection(plan: Plan): string[] {
  return [
    "## Method",
    "",
    `${plan.rounds} rounds for each load; in each round the contestants follow one another in the order of the table, each ` +
      `for ${plan.blockMs / 1000} s. Warm-up is left out. Figures are medians over the rounds with the lowest and highest in brackets, and ` +
      "shares are taken round by round. Those who ask, the contestants and the upstream share the machine. CPU is that of the contestant's own " +
      "processes; memory is the highest resident memory of its server process at the end of a round.",
    "",
    "Prompts of 200 kB are dialogues of code. Every answer is compared with the upstream's, byte for byte. After the " +
      "loads, and after the open streams, Gantry's books are compared with what was asked: the number of usage rows, " +
      "their cost, what is spent of both budgets, and that nothing stays set aside. A difference ends the run without a " +
      "report.",
    "",
  ];
}
