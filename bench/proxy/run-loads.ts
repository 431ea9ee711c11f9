import { readResidentBytes } from "../../packages/server/src/adapters/process/process-table.ts";
import { readTreeCpuMs } from "../measure/cpu-time.ts";
import { quantile } from "../measure/quantiles.ts";
import { checkBooks, readBooks } from "./check-books.ts";
import { contestantNames, type Contestant, type ContestantName } from "./contestant.ts";
import { loads, type Load } from "./loads.ts";
import { openCaller, toRequest, type Caller } from "./open-caller.ts";
import { answerMicros, type ProxyBench } from "./open-proxy-bench.ts";

/** What one contestant did in one round. */
export interface Block {
  readonly requests: number;
  readonly seconds: number;
  readonly firstByteP50Ms: number;
  readonly firstByteP95Ms: number;
  /** Processor time of its processes. */
  readonly cpuMs: number;
  /** Resident memory of its server process at the end. */
  readonly residentBytes: number;
}

export interface Entry {
  readonly name: ContestantName;
  readonly rounds: readonly Block[];
}

/** All contestants under one load. */
export interface Stage {
  readonly load: string;
  readonly entries: readonly Entry[];
}

/**
 * Asks all contestants in turns (a, b, c, a, b, c, …) under each load, so that noise hits all alike. Rejects at the first
 * wrong answer, and where Gantry's books are not exact at the end.
 */
export async function runLoads(bench: ProxyBench): Promise<readonly Stage[]> {
  const { admin, tenant } = bench.gantry;
  const books = await readBooks(admin, tenant);
  const stages: Stage[] = [];
  let asked = 0;
  for (const load of loads) {
    const entries = contestantNames.map((name) => ({ name, rounds: [] as Block[] }));
    for (let round = 0; round <= bench.plan.rounds; round += 1) {
      bench.progress(`${load.name}: ${round === 0 ? "warming up" : `round ${round} of ${bench.plan.rounds}`}`);
      for (const { name, rounds } of entries) {
        const block = await runBlock(bench, bench.contestants[name], load, round === 0);
        if (name === "gantry") asked += block.requests;
        if (round > 0) rounds.push(block);
      }
    }
    stages.push({ load: load.name, entries });
  }
  checkBooks(books, await readBooks(admin, tenant), { completed: asked }, asked * answerMicros);
  return stages;
}

async function runBlock(
  { plan, signal }: ProxyBench,
  contestant: Contestant,
  load: Load,
  isWarmUp: boolean,
): Promise<Block> {
  const callers = await Promise.all(Array.from({ length: plan.connections }, () => openCaller(contestant)));
  try {
    const request = toRequest(contestant, load.body);
    const firstByteMs: number[] = [];
    const cpuBefore = readTreeCpuMs([contestant.pid]);
    const startedAt = performance.now();
    const endsAt = startedAt + (isWarmUp ? plan.warmUpMs : plan.blockMs);
    const askOnAndOn = async (caller: Caller): Promise<void> => {
      while (performance.now() < endsAt && !signal.aborted) {
        firstByteMs.push((await caller.call(request, load)).firstByteMs);
      }
    };
    await Promise.all(callers.map(askOnAndOn));
    const seconds = (performance.now() - startedAt) / 1000;
    signal.throwIfAborted();
    return {
      requests: firstByteMs.length,
      seconds,
      firstByteP50Ms: quantile(firstByteMs, 0.5),
      firstByteP95Ms: quantile(firstByteMs, 0.95),
      cpuMs: readTreeCpuMs([contestant.pid]) - cpuBefore,
      residentBytes: readResidentBytes(contestant.pid),
    };
  } finally {
    for (const caller of callers) caller.close();
  }
}
