import type { Upstream } from "../upstream/start-upstream.ts";

/** What every contestant is given. */
export interface Arena {
  readonly upstream: Upstream;
  readonly claude: InstalledClaude;
  /** A folder of the run's own, removed after it. */
  readonly folder: string;
}

export interface InstalledClaude {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
}

/** An earlier turn of a conversation. */
export interface Exchange {
  readonly prompt: string;
  readonly answer: string;
}

export interface Answer {
  /** Milliseconds from the start of asking to the first text of the answer. */
  readonly firstTokenMs: number;
  readonly text: string;
  /** What the server itself says it has added, where there is a server. */
  readonly overheadMs?: number;
}

/** One client that holds one conversation at a time. */
export interface Caller {
  /** Asks in a conversation. Rejects where the answer fails, with whatever was said. */
  ask(conversation: readonly Exchange[], prompt: string): Promise<Answer>;
  /** The next prompt begins a new conversation. */
  endConversation(): Promise<void>;
}

/** A way of putting the CLI to use. */
export interface Contestant {
  readonly name: ContestantName;
  /** Makes one more client; what can be started in advance is started here. */
  openCaller(): Promise<Caller>;
  /** Whether nothing has been started in the background since the last call. */
  isSettled(): Promise<boolean>;
  /** Its processes at this moment, each standing for its descendants too. */
  roots(): readonly number[];
  /** Processor time of its processes so far, in milliseconds. */
  cpuMs(): number;
  /** Ends everything and gives the number of its processes that still live. Once. */
  stop(): Promise<number>;
}

export const contestantNames = ["spawn", "bare", "gantry"] as const;
export type ContestantName = (typeof contestantNames)[number];

/** The model that all ask for. */
export const modelAlias = "haiku";
