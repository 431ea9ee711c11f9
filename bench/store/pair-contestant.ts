export const pairNames = ["sqlite", "sqlite-plain", "postgres", "postgres-plain"] as const;
export type PairName = (typeof pairNames)[number];

/** Something that makes pairs durable: a store, or the plainest program on the same disk. */
export interface PairContestant {
  readonly name: PairName;
  /** Resolves when all of it is committed. */
  runPair(): Promise<void>;
  /** Compares what is stored with what was done, when nothing is under way. Rejects where they differ. */
  check(): Promise<void>;
}

/** One that owns its file or its connections. */
export interface OwningContestant extends PairContestant {
  close(): Promise<void>;
}
