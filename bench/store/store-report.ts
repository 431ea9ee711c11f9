import { median, toSpread } from "../measure/quantiles.ts";
import { toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import type { PairName } from "./pair-contestant.ts";
import type { Plan } from "./plan.ts";
import type { AdmissionEntry } from "./run-admission.ts";
import type { Block } from "./run-callers.ts";
import type { PairStage } from "./run-pairs.ts";
import type { StoreFigures } from "./run-store.ts";
import { describeStorage } from "./storage-facts.ts";
import { rateOf, toStoreBounds } from "./store-bounds.ts";

/** The whole report in Markdown. */
export function toStoreReport(figures: StoreFigures, machine: MachineFacts, plan: Plan): string {
  return [
    "# Store: reservations and settlements, and what admission adds to a request",
    "",
    "Made by `npm run bench -- store`.",
    describeMachine(machine),
    describeStorage(figures.storage),
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "## Bounds",
    "",
    toBoundsTable(toStoreBounds(figures)),
    "",
    ...toPairSection(figures.pairs),
    ...toAdmissionSection(figures.admission),
    "## Method",
    "",
    `${plan.rounds} rounds for each line of the tables; in each round the contestants follow one another in the order ` +
      `of the table, each for ${plan.blockMs / 1000} s. Warm-up is left out. Figures are medians over the rounds with ` +
      "the lowest and highest in brackets. Callers, store and server share the machine, as they do in use; callers wait " +
      "for their answer before they call again.",
    "",
    "After every block, when nothing is under way, the books are compared with what was settled: what is spent of both " +
      "budgets, that nothing stays reserved, the number, cost and tokens of the usage rows, and the number of audit " +
      "rows; at the end the audit chain is verified whole. A difference ends the run without a report.",
    "",
  ].join("\n");
}

function toPairSection(stages: readonly PairStage[]): string[] {
  const rows = stages.flatMap(({ callers, entries }) =>
    entries.map(({ name, rounds }) => {
      const plain = entries.find((entry) => entry.name === plainOf[name])?.rounds;
      return [String(callers), `\`${name}\``, ...toBlockCells(rounds), toRatio(rounds, plain)];
    }),
  );
  const columns = [">Callers", "Contestant", ">Pairs/s", ">p50, ms", ">p95, ms", ">Share of plain"];
  return [
    "## Reservations with settlement",
    "",
    "A pair is a reservation and its settlement, one after the other, each waited for until it is committed durably. A " +
      "budget of the key in micro-dollars and one of the project in tokens apply; the settlement writes the usage row " +
      "and the chained audit row with it, as the server does.",
    "",
    "`sqlite-plain` and `postgres-plain` show what the same disk gives the plainest program: one table, one row of the " +
      "same length a pair, and so one commit where a pair has two. On SQLite one commit holds all rows that wait, on " +
      "the thread itself; on PostgreSQL each row is a transaction of its own, on as many connections as there are " +
      "callers. `Share of plain` is taken round by round.",
    "",
    toMarkdownTable(columns, rows),
    "",
  ];
}

const plainOf: Readonly<Partial<Record<PairName, PairName>>> = { sqlite: "sqlite-plain", postgres: "postgres-plain" };

function toRatio(rounds: readonly Block[], plain: readonly Block[] | undefined): string {
  if (plain === undefined) return "";
  const shares = rounds.flatMap((block, round) => {
    const other = plain[round];
    return other === undefined ? [] : [rateOf(block) / rateOf(other)];
  });
  return toFigure(median(shares));
}

function toAdmissionSection(entries: readonly AdmissionEntry[]): string[] {
  const rows = entries.map(({ store, callers, key, rounds }) => [
    String(callers),
    `\`${store}\``,
    key,
    ...toBlockCells(rounds).slice(1),
    toRange(rounds.map(({ keyP50Ms }) => keyP50Ms)),
    toRange(rounds.map(({ limitsP50Ms }) => limitsP50Ms)),
    toRange(rounds.map(({ reservationP50Ms }) => reservationP50Ms)),
    toRange(rounds.map(rateOf)),
  ]);
  const columns = [
    ">Callers",
    "Store",
    "Key",
    ">p50, ms",
    ">p95, ms",
    ">Key p50, ms",
    ">Limits p50, ms",
    ">Reservation p50, ms",
    ">Requests/s",
  ];
  return [
    "## What admission adds to a request",
    "",
    "From a key's text to where the turn would begin, in the server's own wiring without HTTP and without agents: the " +
      "key, its scope, the model, the estimate of the cost, requests and tokens a minute, requests at one time, and the " +
      "reservation in both budgets, committed durably. The agents answer at once, and each answer is settled before " +
      "its caller goes on; the settlement is not in the figures, but shares the store with the others' reservations.",
    "",
    "What the store says of a key is remembered for less than a second, so that a busy key is `remembered`; " +
      "`forgotten` is a key that is asked for at every request. On SQLite the limits a minute are counted in the " +
      "process; on PostgreSQL all nodes share them, which is a statement more.",
    "",
    toMarkdownTable(columns, rows),
    "",
  ];
}

function toBlockCells(rounds: readonly Block[]): readonly [rate: string, p50: string, p95: string] {
  return [
    toRange(rounds.map(rateOf)),
    toRange(rounds.map(({ p50Ms }) => p50Ms)),
    toRange(rounds.map(({ p95Ms }) => p95Ms)),
  ];
}

function toRange(values: readonly number[]): string {
  const { median: middle, low, high } = toSpread(values);
  return values.length < 2 ? toFigure(middle) : `${toFigure(middle)} (${toFigure(low)}-${toFigure(high)})`;
}
