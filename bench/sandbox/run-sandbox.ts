import type { Arena } from "../contestants/contestant.ts";
import { median } from "../measure/quantiles.ts";
import type { Plan } from "./plan.ts";
import { contestantNames, openContestant, type ContestantName, type SandboxContestant } from "./sandbox-contestant.ts";

/** One contestant's figures of one round. */
export interface Round {
  readonly startMs: number;
  readonly turnMs: number;
  readonly runsPerSecond: number;
}

export interface SandboxFigures {
  readonly entries: readonly { readonly name: ContestantName; readonly rounds: readonly Round[] }[];
  readonly seconds: number;
}

export interface SandboxRun {
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** Runs the rounds of all contestants in turns, so that noise hits all alike. */
export async function runSandbox(arena: Arena, { plan, signal, progress }: SandboxRun): Promise<SandboxFigures> {
  const startedAt = performance.now();
  const opened: { readonly contestant: SandboxContestant; readonly rounds: Round[] }[] = [];
  try {
    for (const name of contestantNames) {
      progress(`preparing ${name}`);
      const contestant = await openContestant(arena, name);
      opened.push({ contestant, rounds: [] });
      // The first of all reads the program from the disk; the first turns are slower than the later ones.
      await contestant.startCli();
      for (let turn = 0; turn < Math.min(5, plan.turns); turn += 1) await contestant.takeTurn();
    }
    for (let round = 1; round <= plan.rounds; round += 1) {
      progress(`round ${round} of ${plan.rounds}`);
      for (const { contestant, rounds } of opened) {
        signal.throwIfAborted();
        rounds.push(await runRound(contestant, plan));
      }
    }
    const seconds = (performance.now() - startedAt) / 1000;
    return { entries: opened.map(({ contestant: { name }, rounds }) => ({ name, rounds })), seconds };
  } finally {
    await Promise.all(opened.map(({ contestant }) => contestant.stop()));
  }
}

async function runRound(contestant: SandboxContestant, plan: Plan): Promise<Round> {
  const starts: number[] = [];
  for (let start = 0; start < plan.starts; start += 1) starts.push(await contestant.startCli());
  const turns: number[] = [];
  for (let turn = 0; turn < plan.turns; turn += 1) turns.push(await contestant.takeTurn());
  return { startMs: median(starts), turnMs: median(turns), runsPerSecond: await countRuns(contestant, plan) };
}

async function countRuns(contestant: SandboxContestant, { blockMs, callers }: Plan): Promise<number> {
  const startedAt = performance.now();
  let runs = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - startedAt < blockMs) {
      await contestant.runShort();
      runs += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, work));
  return runs / ((performance.now() - startedAt) / 1000);
}
