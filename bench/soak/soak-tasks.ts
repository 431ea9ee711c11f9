import { type KilledTasks, killTasks } from "../../test/harness/kill-tasks.ts";
import { quantile } from "../measure/quantiles.ts";
import { toFigure } from "../report/markdown-table.ts";
import { createProblemList, describeError } from "./problem-list.ts";
import type { SectionReport, Soak } from "./soak.ts";

const full = { workers: 8, kills: 2 };
/** A single task of the other project for so many of the one. */
const tasksPerSingle = 100;
const sample = { tasks: 10, workers: 3, kills: 1, singles: 1 };

/** Kills a server amid a long queue of tasks that each write a line, and has another project hand over single ones meanwhile. */
export async function soakTasks({ arena, quick, tasks, seed, signal, endsAt, progress }: Soak): Promise<SectionReport> {
  const plan = quick ? sample : { ...full, tasks, singles: Math.ceil(tasks / tasksPerSingle) };
  const problems = createProblemList();
  let done: KilledTasks | undefined;
  try {
    done = await killTasks({
      ...plan,
      seed,
      claude: arena.claude.path,
      isOver: () => signal.aborted || performance.now() >= endsAt,
      progress: (line) => progress(`tasks: ${line}`),
    });
  } catch (error) {
    problems.add(describeError(error));
  }
  const longest = done?.waits.toSorted((one, other) => toLengths(other) - toLengths(one))[0];
  return {
    facts: [
      ["Tasks", `${plan.tasks} of one project for ${plan.workers} workers, ${plan.singles} single ones of another`],
      ["Kills", `${done?.kills ?? 0} of ${plan.kills}`],
      ...(done === undefined ? [] : toFacts(done)),
    ],
    bounds: [
      {
        claim:
          "Tasks without an honest end, lost or doubled, effects made twice, sums that are not those of their rows, gaps in the audit, processes left",
        relation: "=",
        limit: 0,
        unit: "problems",
        measured: done === undefined && problems.count === 0 ? Number.NaN : problems.count,
      },
      {
        claim: "Longest wait of a single task, in lengths of the longest task that ran meanwhile",
        relation: "<=",
        limit: 1,
        unit: "lengths",
        measured: longest === undefined ? Number.NaN : toLengths(longest),
      },
    ],
    problems: problems.shown,
  };
}

const toLengths = ({ waitMs, longestTaskMs }: KilledTasks["waits"][number]): number =>
  longestTaskMs === 0 ? 0 : waitMs / longestTaskMs;

function toFacts({
  completed,
  failed,
  cancelled,
  effects,
  usageRows,
  tasks,
  waits,
}: KilledTasks): SectionReport["facts"] {
  const waitMs = waits.map((wait) => wait.waitMs);
  const lengths = tasks.flatMap(({ started_at: from, ended_at: to }) =>
    from === null || to === null ? [] : [Date.parse(to) - Date.parse(from)],
  );
  return [
    [
      "Ends",
      `${completed} completed, ${failed} failed since they were cut when they may have had their effect` +
        (cancelled === 0 ? "" : `, ${cancelled} cancelled in the queue when the time was over`),
    ],
    ["Lines written", String(effects)],
    ["Model calls booked", String(usageRows)],
    ["Length of a task, ms", `p50 ${toFigure(quantile(lengths, 0.5))}, highest ${toFigure(quantile(lengths, 1))}`],
    [
      "Wait of a single task, ms",
      `p50 ${toFigure(quantile(waitMs, 0.5))}, highest ${toFigure(quantile(waitMs, 1))}; tasks of the other project that began meanwhile: at most ${Math.max(...waits.map((wait) => wait.overtaken))}`,
    ],
  ];
}
