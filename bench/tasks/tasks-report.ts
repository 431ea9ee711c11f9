import { quantile, toSpread } from "../measure/quantiles.ts";
import { toBoundsTable } from "../report/bound.ts";
import { describeMachine, type MachineFacts } from "../report/describe-machine.ts";
import { toFigure, toMarkdownTable } from "../report/markdown-table.ts";
import { describeStorage } from "../store/storage-facts.ts";
import type { TasksPlan } from "./plan.ts";
import type { LiveFigures } from "./run-live.ts";
import type { QueueStage } from "./run-queue.ts";
import type { TasksFigures } from "./run-tasks.ts";
import { toOverhead, toTasksBounds } from "./tasks-bounds.ts";

/** The whole report in Markdown. */
export function toTasksReport(figures: TasksFigures, machine: MachineFacts, plan: TasksPlan): string {
  return [
    "# Tasks: their queue, their start, and what they add",
    "",
    "Made by `npm run bench -- tasks`.",
    describeMachine(machine),
    describeStorage(figures.storage),
    `The run took ${Math.round(figures.seconds)} s.`,
    "",
    "## Bounds",
    "",
    toBoundsTable(toTasksBounds(figures)),
    "",
    "## Short tasks",
    "",
    toMarkdownTable([">", ">p50, ms", ">p95, ms", ">Highest, ms"], toShortRows(figures.live)),
    "",
    `${plan.flood} handed over at once to ${plan.workers} workers: ${toRange(figures.live.floods)} tasks a second.`,
    "",
    "## The long task",
    "",
    toMarkdownTable(["Way", ">Whole, s", ">Added, %"], toLongRows(figures.live)),
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
    `${plan.rounds} rounds. In each come ${plan.starts} short tasks one after the other, then ${plan.flood} at once, then the long one by the bare CLI ` +
      `and as a task. Tasks go by \`POST /v1/task\` to a whole server with ${plan.workers} workers and the real CLI, and the model is on the same machine: it answers a short task ` +
      `at once, and the long one with ${plan.deltas} deltas, one every ${plan.paceMs} ms. A start is from before the request until the task's own \`started_at\`. The bare CLI is ` +
      "`claude -p`, counted until its process has ended; a task until its answer is here.",
    "",
    `The queue has rounds of ${plan.blockMs / 1000} s for each store at each length of the queue, in turns; a shorter one before them is left ` +
      "out. Figures are medians over the rounds with the lowest and highest in brackets.",
    "",
    `${plan.workers} workers side by side each hand one job over, take one and end it: three commits, each waited for until it is durable. As ` +
      "many jobs as the table says wait all the time, of ten projects, between which the queue is fair. After each round the queue is compared with what was done: a job that came " +
      "twice, or is gone, ends the run without a report.",
    "",
  ].join("\n");
}

function toShortRows({ starts, wholes }: LiveFigures): readonly (readonly string[])[] {
  const row = (name: string, values: readonly number[]): readonly string[] => [
    name,
    ...[0.5, 0.95, 1].map((q) => toFigure(quantile(values, q))),
  ];
  return [row("From the request to the start", starts), row("From the request to the answer", wholes)];
}

function toLongRows(live: LiveFigures): readonly (readonly string[])[] {
  return [
    ["`claude -p`", toRange(live.long.map(({ bareMs }) => bareMs / 1000)), "-"],
    ["`POST /v1/task`", toRange(live.long.map(({ taskMs }) => taskMs / 1000)), toRange(toOverhead(live))],
  ];
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
