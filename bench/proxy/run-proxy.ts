import { compareRoads, type RoadFigures } from "./compare-roads.ts";
import { measureAddedTime, type AddedTime } from "./measure-added-time.ts";
import { measureLeavers, type LeaverFigures } from "./measure-leavers.ts";
import { measureStreams, type StreamFigures } from "./measure-streams.ts";
import type { ProxyBench } from "./open-proxy-bench.ts";
import { runLoads, type Stage } from "./run-loads.ts";

/** Everything that one run has measured. */
export interface ProxyFigures {
  readonly stages: readonly Stage[];
  readonly addedTimes: readonly AddedTime[];
  readonly roads: readonly RoadFigures[];
  readonly streams: StreamFigures;
  readonly leavers: LeaverFigures;
  readonly seconds: number;
}

export async function runProxy(bench: ProxyBench): Promise<ProxyFigures> {
  const startedAt = performance.now();
  // After the loads, by which all code has been compiled.
  const stages = await runLoads(bench);
  const addedTimes = await measureAddedTime(bench);
  const roads = await compareRoads(bench);
  await bench.endPipe();
  const streams = await measureStreams(bench);
  const leavers = await measureLeavers(bench);
  return { stages, addedTimes, roads, streams, leavers, seconds: (performance.now() - startedAt) / 1000 };
}
