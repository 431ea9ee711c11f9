import type { Arena } from "../contestants/contestant.ts";
import type { Plan } from "./plan.ts";

/** What the parts of a run share. */
export interface ChatBench {
  readonly arena: Arena;
  readonly plan: Plan;
  /** Aborts the run. */
  readonly signal: AbortSignal;
  progress(line: string): void;
}
