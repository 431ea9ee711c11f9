import type { RetirementRules } from "./retirement.ts";

export interface PoolLimits extends RetirementRules {
  /** Processes at most, starting ones included. */
  readonly maxProcesses: number;
  readonly queueLength: number;
  readonly queueWaitMs: number;
}
