import type { ClaudeVersion } from "../../test/harness/claude-versions.ts";
import type { Arena } from "../contestants/contestant.ts";
import type { Bound } from "../report/bound.ts";

/** What a section of a soak run is given. */
export interface Soak {
  readonly arena: Arena;
  readonly release: ClaudeVersion;
  readonly seed: number;
  /** A small sample of the section instead of the whole. */
  readonly quick: boolean;
  /** How many tasks wait, where tasks are what it is about. */
  readonly tasks: number;
  /** Aborts the run. */
  readonly signal: AbortSignal;
  /** When the section's time is used up, as `performance.now` tells it. */
  readonly endsAt: number;
  progress(line: string): void;
}

/** What a section has found. */
export interface SectionReport {
  /** Figures with their names. */
  readonly facts: readonly (readonly [string, string])[];
  readonly bounds: readonly Bound[];
  /** What went wrong, in words; the first ones where there are many. */
  readonly problems: readonly string[];
}

export type Section = (soak: Soak) => Promise<SectionReport>;
