import type { BucketState, RateOutcome } from "../../core/ports/rate-limiter.ts";

/**
 * What is left of a key's limits, in the headers that OpenAI's and Anthropic's clients read: the first tell the time to a
 * full bucket as a duration (`6m0.5s`), the second as a date (RFC 3339). A limit that the key does not have is not told.
 */
export function toRateHeaders({ requests, tokens }: RateOutcome, now: number): Record<string, string> {
  return {
    ...(requests === undefined ? {} : { ...toOpenAi("requests", requests), ...toAnthropic("requests", requests, now) }),
    ...(tokens === undefined ? {} : { ...toOpenAi("tokens", tokens), ...toAnthropic("tokens", tokens, now) }),
  };
}

type Unit = "requests" | "tokens";

function toOpenAi(unit: Unit, { limit, remaining, resetMs }: BucketState): Record<string, string> {
  return {
    [`x-ratelimit-limit-${unit}`]: String(limit),
    [`x-ratelimit-remaining-${unit}`]: toWhole(remaining),
    [`x-ratelimit-reset-${unit}`]: toDuration(resetMs),
  };
}

function toAnthropic(unit: Unit, { limit, remaining, resetMs }: BucketState, now: number): Record<string, string> {
  return {
    [`anthropic-ratelimit-${unit}-limit`]: String(limit),
    [`anthropic-ratelimit-${unit}-remaining`]: toWhole(remaining),
    // Whole seconds, as the vendor sends them; rounded up, so that it is not promised too early.
    [`anthropic-ratelimit-${unit}-reset`]: new Date(Math.ceil((now + resetMs) / 1000) * 1000)
      .toISOString()
      .replace(".000Z", "Z"),
  };
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
