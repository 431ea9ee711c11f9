/** How much of everything is done. */
export interface TasksPlan {
  readonly rounds: number;
  /** Workers that take jobs from the queue at the same time. */
  readonly workers: number;
  /** How many jobs wait in the meantime. */
  readonly waiting: readonly number[];
  /** How long the queue of one store is worked on in one round. */
  readonly blockMs: number;
  /** Short tasks of one round, one after the other, whose way to their start is measured. */
  readonly starts: number;
  /** Short tasks of one round that are handed over at once. */
  readonly flood: number;
  /** Text deltas of the long task, and milliseconds between them. */
  readonly deltas: number;
  readonly paceMs: number;
}

/** Takes some six minutes. The long task takes ten seconds. */
export const fullPlan: TasksPlan = {
  rounds: 5,
  workers: 8,
  waiting: [0, 1_000],
  blockMs: 3_000,
  starts: 20,
  flood: 40,
  deltas: 100,
  paceMs: 100,
};

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: TasksPlan = {
  rounds: 1,
  workers: 8,
  waiting: [0, 50],
  blockMs: 150,
  starts: 1,
  flood: 2,
  deltas: 5,
  paceMs: 20,
};
