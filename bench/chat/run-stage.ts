import { createBareDriver } from "../contestants/bare-driver.ts";
import { contestantNames, type Contestant, type ContestantName } from "../contestants/contestant.ts";
import { createGantryOverHttp } from "../contestants/gantry-over-http.ts";
import { createSpawnPerRequest } from "../contestants/spawn-per-request.ts";
import { watchPeakMemory } from "../measure/process-memory.ts";
import type { ChatBench } from "./chat-bench.ts";
import type { Scenario } from "./plan.ts";
import { openClients, runBlock, type Block, type Client } from "./run-block.ts";

/** One contestant's part in a stage. */
export interface Entry {
  readonly name: ContestantName;
  readonly rounds: readonly Block[];
  /** Highest memory of its processes in bytes. */
  readonly peakMemoryBytes: number;
  /** Its processes that still lived after its end. */
  readonly leftOver: number;
}

/** All contestants in one scenario at one number of callers. */
export interface Stage {
  readonly scenario: Scenario;
  readonly callers: number;
  readonly entries: readonly Entry[];
}

interface Runner {
  readonly contestant: Contestant;
  readonly clients: readonly Client[];
  readonly rounds: Block[];
  peakMemoryBytes: number;
  leftOver: number;
}

/** Runs the rounds of all contestants in turns (a, b, c, a, b, c, …), so that noise hits all alike. */
export async function runStage(bench: ChatBench, scenario: Scenario, callers: number): Promise<Stage> {
  const runners: Runner[] = [];
  const running = new Set<Contestant>();
  async function stop(runner: Runner): Promise<void> {
    running.delete(runner.contestant);
    runner.leftOver = await runner.contestant.stop();
  }
  try {
    for (const name of contestantNames) {
      bench.progress(`${scenario}, ${callers} callers: preparing ${name}`);
      const contestant = await createContestant(bench, name);
      running.add(contestant);
      const clients = await openClients(contestant, callers);
      const runner: Runner = { contestant, clients, rounds: [], peakMemoryBytes: 0, leftOver: Number.NaN };
      runners.push(runner);
      await warmUp(bench, runner, scenario);
      if (name !== "gantry") await watchMemory(bench, runner, scenario);
    }
    await runRounds(bench, runners, scenario, callers);
    for (const runner of runners) {
      if (runner.contestant.name === "gantry") await watchMemory(bench, runner, scenario);
      await stop(runner);
    }
  } finally {
    await Promise.all([...running].map((contestant) => contestant.stop()));
  }
  return { scenario, callers, entries: runners.map(toEntry) };
}

function toEntry({ contestant, rounds, peakMemoryBytes, leftOver }: Runner): Entry {
  return { name: contestant.name, rounds, peakMemoryBytes, leftOver };
}

async function runRounds(
  bench: ChatBench,
  runners: readonly Runner[],
  scenario: Scenario,
  callers: number,
): Promise<void> {
  const { rounds, stageMs } = bench.plan;
  const startedAt = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    if (round > 1 && performance.now() - startedAt > stageMs) return;
    bench.progress(`${scenario}, ${callers} callers: round ${round} of ${rounds}`);
    for (const runner of runners) runner.rounds.push(await runRound(bench, runner, scenario, 1));
  }
}

/**
 * Looks at the memory in a round that is not timed. Each contestant has it while no other's processes live: the program's
 * own pages, which all CLI processes share, must not be divided by the number of the others.
 */
async function watchMemory(bench: ChatBench, runner: Runner, scenario: Scenario): Promise<void> {
  const watch = watchPeakMemory(runner.contestant.roots, 50);
  await runRound(bench, runner, scenario, 0.5).finally(() => {
    runner.peakMemoryBytes = watch.stop();
  });
}

export function createContestant(bench: ChatBench, name: ContestantName): Promise<Contestant> {
  switch (name) {
    case "spawn":
      return createSpawnPerRequest(bench.arena);
    case "bare":
      return createBareDriver(bench.arena);
    case "gantry":
      return createGantryOverHttp(bench.arena);
  }
}

const settledInARow = 2;

/** Runs rounds until the contestant has started all the processes it wants. */
async function warmUp(bench: ChatBench, runner: Runner, scenario: Scenario): Promise<void> {
  const { contestant } = runner;
  if (contestant.name === "spawn") {
    // Each request is cold by nature; the first one of all reads the program from the disk.
    await runRound(bench, runner, scenario, 0.1);
    return;
  }
  for (let count = 0, settled = 0; count < bench.plan.warmUps && settled < settledInARow; count += 1) {
    await runRound(bench, runner, scenario, 0.5);
    settled = (await contestant.isSettled()) ? settled + 1 : 0;
  }
}

function runRound(
  bench: ChatBench,
  { contestant, clients }: Runner,
  scenario: Scenario,
  share: number,
): Promise<Block> {
  const { plan, arena, signal } = bench;
  const turns = Math.ceil(plan.turns(contestant.name, clients.length) * share);
  return runBlock(contestant, clients, scenario, arena.upstream, { turns, ms: plan.blockMs * share, signal });
}
