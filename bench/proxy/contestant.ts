import type { CallTarget } from "./open-caller.ts";

export const contestantNames = ["upstream", "pipe", "gantry"] as const;
/** `upstream`: asked itself. `pipe`: a program that forwards bytes. `gantry`: with keys, limits, budgets, usage and audit. */
export type ContestantName = (typeof contestantNames)[number];

/** A way to the upstream. */
export interface Contestant extends CallTarget {
  readonly name: ContestantName;
  /** Of its server process. */
  readonly pid: number;
}
