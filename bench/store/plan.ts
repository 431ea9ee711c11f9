/** How much of everything is done. */
export interface Plan {
  /** Callers that work at the same time, each on one pair after the other. */
  readonly callers: readonly number[];
  readonly rounds: number;
  /** How long one contestant works in one round. */
  readonly blockMs: number;
  /** How long each works before its first round, so that files have their size and statements their plans. */
  readonly warmUpMs: number;
}

/** Takes some four minutes. */
export const fullPlan: Plan = { callers: [1, 32], rounds: 5, blockMs: 3_000, warmUpMs: 1_500 };

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: Plan = { callers: [1, 32], rounds: 1, blockMs: 150, warmUpMs: 50 };
