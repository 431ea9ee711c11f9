/** How much of everything is done. */
export interface SessionsPlan {
  readonly rounds: number;
  /** How long appends are counted in one round. */
  readonly appendMs: number;
  /** Sessions that are appended to at the same time. */
  readonly writers: number;
  /** Readers of one session. */
  readonly readers: readonly number[];
  /** Events whose way to all readers is measured in one round. */
  readonly events: number;
  /** Idle sessions, and readers, whose memory is measured. */
  readonly idle: number;
  /** Turns of a resting session in one round, each interrupted. */
  readonly turns: number;
}

export const fullPlan: SessionsPlan = {
  rounds: 5,
  appendMs: 3_000,
  writers: 32,
  readers: [1, 100, 1_000],
  events: 200,
  idle: 1_000,
  turns: 5,
};

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: SessionsPlan = {
  rounds: 1,
  appendMs: 200,
  writers: 8,
  readers: [1, 100],
  events: 20,
  idle: 50,
  turns: 1,
};
