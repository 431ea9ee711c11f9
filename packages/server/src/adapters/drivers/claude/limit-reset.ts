import type { Failure } from "@gantry/contracts/errors";
import type { CliLine } from "./cli-line.ts";
import { toCount } from "./token-figures.ts";

/** When a used-up subscription is good again, which the CLI tells beside the answer. */
export interface LimitReset {
  take(line: CliLine): void;
  /** A failure by a limit, with the time that it lasts where that was told. */
  addTo(error: Failure | undefined): Failure | undefined;
}

const longestDelayMs = 86_400_000;

export function createLimitReset(epoch: () => number): LimitReset {
  let until: number | undefined;

  return {
    take(line) {
      if (line.type !== "rate_limit_event") return;
      const { status, resetsAt } = line.rate_limit_info;
      until = status === "rejected" ? toCount(resetsAt, 0) * 1000 || undefined : undefined;
    },
    addTo(error) {
      if (error?.code !== "upstream_usage_limit" || until === undefined) return error;
      return { ...error, retryAfterMs: Math.min(longestDelayMs, Math.max(0, until - epoch())) };
    },
  };
}
