import type { ContestantName } from "../contestants/contestant.ts";

export const scenarios = ["new", "running"] as const;
/** `new`: every turn begins a conversation. `running`: up to {@link longestConversation} turns, then a fresh one. */
export type Scenario = (typeof scenarios)[number];
export const longestConversation = 20;

/** How much of everything is done. The turns of a block are an upper bound: it ends early when its time is over. */
export interface Plan {
  readonly callers: readonly number[];
  readonly rounds: number;
  /** Turns of one block, all callers together, by contestant and number of callers. */
  readonly turns: (contestant: ContestantName, callers: number) => number;
  readonly blockMs: number;
  /** No further round of a stage is begun after this much of it; at least one is made. */
  readonly stageMs: number;
  /** Most rounds by which a contestant is warmed up. */
  readonly warmUps: number;
  /** Pairs of turns by which Gantry's own share is found. */
  readonly pairs: number;
  /** How long the spawned CLI is given to tell that the upstream refuses. */
  readonly refusalMs: number;
  /** Turns of the memory run; growth is taken from the first figure to the second. */
  readonly memoryTurns: { readonly from: number; readonly to: number };
}

/** Takes some eight minutes on two cores. */
export const fullPlan: Plan = {
  callers: [1, 4, 16],
  rounds: 5,
  turns: (contestant, callers) => (contestant === "spawn" ? Math.max(6, 2 * callers) : callers === 1 ? 40 : 100),
  blockMs: 15_000,
  stageMs: 70_000,
  warmUps: 20,
  pairs: 120,
  refusalMs: 10_000,
  memoryTurns: { from: 200, to: 1_000 },
};

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: Plan = {
  callers: [1, 4],
  rounds: 1,
  turns: (contestant, callers) => (contestant === "spawn" ? 1 : callers),
  blockMs: 10_000,
  stageMs: 0,
  warmUps: 1,
  pairs: 3,
  refusalMs: 1_000,
  memoryTurns: { from: 5, to: 10 },
};
