/** What the upstream's process is asked, and says, over its channel. */
export type UpstreamQuestion = { readonly type: "count" };

export type UpstreamNote =
  | { readonly type: "listening"; readonly url: string }
  | ({ readonly type: "counts" } & UpstreamCounts)
  /** A model call was cut by its caller. `marker` is the one in the prompt, `at` epoch milliseconds. */
  | { readonly type: "cut"; readonly marker: string | undefined; readonly at: number };

export interface UpstreamCounts {
  /** Model calls so far. */
  readonly calls: number;
  /** Bytes of all request bodies so far. */
  readonly bytes: number;
  /** Answers that are under way. */
  readonly open: number;
}

/** By this form, anywhere in a prompt, a model call is known again. */
export const markerPattern = /marker-[a-z0-9-]+/g;
