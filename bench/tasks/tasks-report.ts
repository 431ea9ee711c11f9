import { toSpread } from "../measure/quantiles.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import { describeStorage } from "../store/storage-facts.ts";
import type { TasksPlan } from "./plan.ts";
import type { QueueStage } from "./run-queue.ts";
import type { TasksFigures } from "./run-tasks.ts";

/** The whole report in Markdown. */
export function toTasksReport(figures: TasksFigures, machine: MachineFacts, plan: TasksPlan): string {
  return [
    "# Tasks: the queue they wait in",
    "",
    "Made by `npm run bench -- tasks`.",
    describeMachine(machine),
    describeStorage(figures.storage),
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "## The queue",
    "",
    toMarkdownTable(
      ["Store", ">Waiting", ">Jobs/s", ">p50, ms", ">p95, ms"],
      figures.queue.map((stage) => toQueueRow(stage)),
    ),
    "",
    "## Method",
    "",
    `${plan.rounds} rounds of ${plan.blockMs / 1000} s for each store at each length of the queue, in turns; a shorter one before them is left ` +
      "out. Figures are medians over the rounds with the lowest and highest in brackets.",
    "",
    `${plan.workers} workers side by side each hand one job over, take one and end it: three commits, each waited for until it is durable. As ` +
      "many jobs as the table says wait all the time, of ten projects, between which the queue is fair. After each round the queue is compared with what was done: a job that came " +
      "twice, or is gone, ends the run without a report.",
    "",
  ].join("\n");
}

function toQueueRow({ store, waiting, rounds }: QueueStage): readonly string[] {
  return [
    `\`${store}\``,
    String(waiting),
    toRange(rounds.map(({ runs, seconds }) => runs / seconds)),
    toRange(rounds.map(({ p50Ms }) => p50Ms)),
    toRange(rounds.map(({ p95Ms }) => p95Ms)),
  ];
}

function toRange(values: readonly number[]): string {
  const { median, low, high } = toSpread(values);
  return values.length < 2 ? toFigure(median) : `${toFigure(median)} (${toFigure(low)} to ${toFigure(high)})`;
}
