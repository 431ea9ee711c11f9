/** How much of everything is done. */
export interface Plan {
  /** Connections that ask at the same time, each for one answer after the other. */
  readonly connections: number;
  readonly rounds: number;
  /** How long one contestant is asked in one round. */
  readonly blockMs: number;
  /** How long each is asked before its first round, so that its code has been compiled. */
  readonly warmUpMs: number;
  /** Pairs of requests by which the added time is found, for each load. */
  readonly pairs: number;
  /** Streams that are open at one time, and clients that leave. */
  readonly streams: number;
  /** How long the streams are held open. */
  readonly holdMs: number;
  /** One after the other, a client leaves so long after the one before. */
  readonly leaveEveryMs: number;
  /** Longest wait for the memory to come to rest. */
  readonly restMs: number;
  /** Chats over each road. */
  readonly chats: number;
  /** Most chats by which clean CLI processes are made ready before. */
  readonly warmUpChats: number;
}

/** Takes some seven minutes. */
export const fullPlan: Plan = {
  connections: 32,
  rounds: 5,
  blockMs: 3_000,
  warmUpMs: 6_000,
  pairs: 300,
  streams: 1_000,
  holdMs: 20_000,
  leaveEveryMs: 4,
  restMs: 15_000,
  chats: 50,
  warmUpChats: 40,
};

/** Shows that all of it works; its figures prove nothing. */
export const quickPlan: Plan = {
  connections: 8,
  rounds: 1,
  blockMs: 150,
  warmUpMs: 50,
  pairs: 5,
  streams: 20,
  holdMs: 300,
  leaveEveryMs: 2,
  restMs: 300,
  chats: 3,
  warmUpChats: 3,
};
