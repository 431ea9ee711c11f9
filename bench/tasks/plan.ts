/** How much of everything is done. */
export interface TasksPlan {
  readonly rounds: number;
  /** Workers that take jobs from the queue at the same time. */
  readonly workers: number;
  /** How many jobs wait in the meantime. */
  readonly waiting: readonly number[];
  /** How long the queue of one store is worked on in one round. */
  readonly blockMs: number;
}

/** Takes some minute and a half. */
export const fullPlan: TasksPlan = { rounds: 5, workers: 8, waiting: [0, 1_000], blockMs: 3_000 };

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: TasksPlan = { rounds: 1, workers: 8, waiting: [0, 50], blockMs: 150 };
