import { median, toSpread } from "../measure/quantiles.ts";
import type { Bound } from "../report/bound.ts";
import type { LiveFigures } from "./run-live.ts";
import type { TasksFigures } from "./run-tasks.ts";

/** What a task takes more than the bare CLI, as a share of what that takes, in percent, round by round. */
export function toOverhead({ long }: LiveFigures): readonly number[] {
  return long.map(({ bareMs, taskMs }) => (taskMs / bareMs - 1) * 100);
}

/** What the project promises, with what came out. */
export function toTasksBounds({ live }: TasksFigures): readonly Bound[] {
  const { low, high, median: overhead } = toSpread(toOverhead(live));
  return [
    {
      claim: "From a task's handing over to its start, workers free, p50",
      relation: "<",
      limit: 50,
      unit: "ms",
      measured: median(live.starts),
    },
    {
      claim: `What the long task takes beyond the bare CLI (rounds: ${low.toFixed(1)} to ${high.toFixed(1)})`,
      relation: "<",
      limit: 5,
      unit: "%",
      measured: overhead,
    },
    {
      claim: "Processes that were left of the server",
      relation: "=",
      limit: 0,
      unit: "processes",
      measured: live.left,
    },
  ];
}
