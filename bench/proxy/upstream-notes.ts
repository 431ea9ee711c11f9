/** What the scripted upstream's process is asked, and says, over its channel. */
export type UpstreamQuestion =
  | { readonly type: "count" }
  /** All answers that are held open are to be ended. */
  | { readonly type: "finish" };

export type UpstreamNote =
  | ({ readonly type: "counts" } & UpstreamCounts)
  /** A client left before its answer was whole; `at` in milliseconds on the clock that all processes share. */
  | { readonly type: "left"; readonly client: string; readonly at: number };

export interface UpstreamCounts {
  /** Calls so far. */
  readonly calls: number;
  /** Answers that are under way. */
  readonly open: number;
  /** Connections, idle ones too. */
  readonly connections: number;
}

/** Milliseconds on the machine's monotonic clock, which is the same in every process. */
export function readSharedClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
