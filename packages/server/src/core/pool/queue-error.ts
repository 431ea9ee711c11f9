import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { PoolLimits } from "./pool-limits.ts";

/** Why a request that waited for a process, or wanted to, is sent away. */
export function toQueueError(code: "queue_full" | "queue_timeout", limits: PoolLimits): FailureError {
  const message =
    code === "queue_full"
      ? `All ${limits.maxProcesses} processes are busy and ${limits.queueLength} requests wait already.`
      : `None of the ${limits.maxProcesses} processes became free within ${limits.queueWaitMs / 1000} s.`;
  return new FailureError(toFailure(code, message, { retryAfterMs: 1000 }));
}
