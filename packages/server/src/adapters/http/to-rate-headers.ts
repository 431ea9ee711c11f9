import type { BucketState, RateOutcome } from "../../core/ports/rate-limiter.ts";

/**
 * What is left of a key's limits, in the headers that OpenAI's and Anthropic's clients read: the first tell the time to a
 * full bucket as a duration (`6m0.5s`), the second as a date (RFC 3339). A limit that the key does not have is not told.
 */
export function toRateHeaders({ requests, tokens }: RateOutcome, now: number): Record<string, string> {
  const headers: Record<string, string> = {};
  if (requests !== undefined) addHeaders(headers, namesOfRequests, requests, now);
  if (tokens !== undefined) addHeaders(headers, namesOfTokens, tokens, now);
  return headers;
}

type Unit = "requests" | "tokens";

/** Made once: names that are put together for each answer cost more than all their values. */
const namesOfRequests = toNames("requests");
const namesOfTokens = toNames("tokens");

function toNames(unit: Unit) {
  return {
    limit: `x-ratelimit-limit-${unit}`,
    remaining: `x-ratelimit-remaining-${unit}`,
    reset: `x-ratelimit-reset-${unit}`,
    anthropicLimit: `anthropic-ratelimit-${unit}-limit`,
    anthropicRemaining: `anthropic-ratelimit-${unit}-remaining`,
    anthropicReset: `anthropic-ratelimit-${unit}-reset`,
  };
}

function addHeaders(
  headers: Record<string, string>,
  names: ReturnType<typeof toNames>,
  { limit, remaining, resetMs }: BucketState,
  now: number,
): void {
  headers[names.limit] = headers[names.anthropicLimit] = String(limit);
  headers[names.remaining] = headers[names.anthropicRemaining] = toWhole(remaining);
  headers[names.reset] = toDuration(resetMs);
  // Whole seconds, as the vendor sends them; rounded up, so that it is not promised too early.
  const reset = new Date(Math.ceil((now + resetMs) / 1000) * 1000).toISOString();
  headers[names.anthropicReset] = reset.replace(".000Z", "Z");
}

function toWhole(remaining: number): string {
  return String(Math.max(0, Math.floor(remaining)));
}

/** Go's notation: `250ms`, `1.5s`, `6m0s`, `1h0m0s`. */
function toDuration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  if (whole < 1000) return `${whole}ms`;
  const seconds = (whole % 60_000) / 1000;
  const minutes = Math.floor(whole / 60_000);
  if (minutes === 0) return `${seconds}s`;
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}
