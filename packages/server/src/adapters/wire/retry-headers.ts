import { errorCatalogue, type Failure } from "@gantry/contracts/errors";

const longestWaitMs = 86_400_000;
const defaultWaitMs = 1000;

/**
 * Whether and when to send a request again, in the headers that the official clients of both vendors read: they do what
 * `x-should-retry` says before they look at the status, and wait as long as `retry-after-ms` or else `retry-after` (whole
 * seconds, rounded up) says. A wait of more than some 24 days overflows their timers and becomes none at all, so a day is
 * the most that is ever sent.
 */
export function encodeRetryHeaders(failure: Failure): Record<string, string> {
  const { status, retryable } = errorCatalogue[failure.code];
  const shouldRetry = { "x-should-retry": String(retryable) };
  const wait = toWaitMs(failure.retryAfterMs);
  if (wait !== undefined) {
    return { ...shouldRetry, "retry-after": String(Math.ceil(wait / 1000)), "retry-after-ms": String(wait) };
  }
  const expected = retryable && (status === 429 || status === 503);
  return expected ? { ...shouldRetry, "retry-after": String(defaultWaitMs / 1000) } : shouldRetry;
}

function toWaitMs(retryAfterMs: number | undefined): number | undefined {
  if (retryAfterMs === undefined || Number.isNaN(retryAfterMs)) return undefined;
  return Math.min(Math.max(Math.ceil(retryAfterMs), 0), longestWaitMs);
}
