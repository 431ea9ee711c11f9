import { readResidentBytes } from "../../packages/server/src/adapters/process/process-table.ts";
import { createGantryOverHttp } from "../contestants/gantry-over-http.ts";
import { median } from "../measure/quantiles.ts";
import { readTreeMemory } from "../measure/process-memory.ts";
import type { ChatBench } from "./chat-bench.ts";
import { openClients, runBlock } from "./run-block.ts";

/** Memory of a server over many turns. */
export interface Growth {
  readonly samples: readonly GrowthSample[];
  readonly from: number;
  readonly to: number;
  readonly callers: number;
  readonly leftOver: number;
}

export interface GrowthSample {
  readonly turn: number;
  /** Resident memory of the server's own process in bytes. */
  readonly serverBytes: number;
  /** Memory of the server and all its CLI processes in bytes. */
  readonly treeBytes: number;
}

const callers = 4;
const samplesEachTurns = 20;
/** Growth is taken over turns and not over time: however slow the machine, all are made, unless the server hangs. */
const hangMs = 300_000;
/** A single look may fall before or after a garbage collection: so many neighbours are taken together. */
const neighbours = 5;

/** Runs turns, half of them in new conversations, and looks at the server's memory at even distances. */
export async function measureGrowth(bench: ChatBench): Promise<Growth> {
  const { plan, arena, signal } = bench;
  const { from, to } = plan.memoryTurns;
  const gantry = await createGantryOverHttp(arena);
  let leftOver = Number.NaN;
  const samples: GrowthSample[] = [];
  try {
    const clients = await openClients(gantry, callers);
    for (let turn = 0; turn < to; turn += samplesEachTurns) {
      if (turn % 200 === 0) bench.progress(`memory: turn ${turn} of ${to}`);
      const scenario = (turn / samplesEachTurns) % 2 === 0 ? "new" : "running";
      const limits = { turns: samplesEachTurns, ms: hangMs, signal };
      const block = await runBlock(gantry, clients, scenario, arena.upstream, limits);
      if (block.turns < samplesEachTurns)
        throw new Error(`The server took more than ${hangMs / 1000} s for ${samplesEachTurns} turns.`);
      const { pid } = gantry.server;
      const reached = turn + samplesEachTurns;
      samples.push({ turn: reached, serverBytes: readResidentBytes(pid), treeBytes: readTreeMemory([pid]) });
    }
  } finally {
    leftOver = await gantry.stop();
  }
  return { samples, from, to, callers, leftOver };
}

/** A figure of the memory around a turn: the middle one of the samples nearest to it. */
export function memoryAt(growth: Growth, turn: number, figure: "serverBytes" | "treeBytes"): number {
  const nearest = growth.samples
    .toSorted((left, right) => Math.abs(left.turn - turn) - Math.abs(right.turn - turn))
    .slice(0, neighbours);
  return median(nearest.map((sample) => sample[figure]));
}

/** Growth between the two turns of the plan in percent. */
export function growthPercent(growth: Growth, figure: "serverBytes" | "treeBytes"): number {
  return (memoryAt(growth, growth.to, figure) / memoryAt(growth, growth.from, figure) - 1) * 100;
}
