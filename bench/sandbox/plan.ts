/** How much of everything is done. */
export interface Plan {
  readonly rounds: number;
  /** Starts of the CLI by each contestant in a round, one after the other. */
  readonly starts: number;
  /** Warm turns by each in a round. */
  readonly turns: number;
  /** How long each starts programs that end at once. */
  readonly blockMs: number;
  /** Programs that are started side by side in that time. */
  readonly callers: number;
}

/** Takes some two minutes on a quiet machine. */
export const fullPlan: Plan = { rounds: 5, starts: 6, turns: 40, blockMs: 2_000, callers: 4 };

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: Plan = { rounds: 1, starts: 1, turns: 2, blockMs: 200, callers: 2 };
