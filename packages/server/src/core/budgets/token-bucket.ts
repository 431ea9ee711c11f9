import type { RateLimits } from "@gantry/contracts/access";
import type { BucketState, RateOutcome } from "../ports/rate-limiter.ts";

/** A bucket that fills evenly and holds a minute's worth. `level` may be below 0: what was overdrawn is waited for. */
export interface TokenBucket {
  readonly level: number;
  /** Epoch milliseconds. */
  readonly updatedAt: number;
}

/** The buckets of one key; a missing one is full. */
export interface KeyBuckets {
  readonly requests?: TokenBucket;
  readonly tokens?: TokenBucket;
}

export interface RateDecision {
  readonly buckets: KeyBuckets;
  readonly outcome: RateOutcome;
}

const minuteMs = 60_000;

/**
 * What is in a bucket at `now`. A clock that went back fills nothing; a limit that was lowered caps what was saved up.
 */
export function fillBucket(bucket: TokenBucket | undefined, limit: number, now: number): TokenBucket {
  if (bucket === undefined) return { level: limit, updatedAt: now };
  const elapsed = Math.max(0, now - bucket.updatedAt);
  return {
    level: Math.min(limit, bucket.level + (elapsed * limit) / minuteMs),
    updatedAt: Math.max(now, bucket.updatedAt),
  };
}

/**
 * Takes one request and so many tokens from a key's buckets, or nothing from either. More tokens than a full bucket
 * holds are let through by a full bucket and leave it overdrawn: such a request is possible, and the rate holds over
 * time.
 */
export function takeFromBuckets(buckets: KeyBuckets, limits: RateLimits, tokens: number, now: number): RateDecision {
  const wanted = toAmount(tokens);
  const requests = look(buckets.requests, limits.requestsPerMinute, 1, now);
  const token = look(buckets.tokens, limits.tokensPerMinute, wanted, now);
  const waitMs = Math.max(requests?.waitMs ?? 0, token?.waitMs ?? 0);
  const allowed = waitMs === 0;
  const after = (seen: Look | undefined, amount: number): TokenBucket | undefined =>
    seen && { ...seen.bucket, level: seen.bucket.level - (allowed ? amount : 0) };
  const next = toBuckets(after(requests, 1), after(token, wanted));
  return {
    buckets: next,
    outcome: { allowed, retryAfterMs: waitMs, ...toStates(next, limits) },
  };
}

/**
 * Takes so many tokens more, or gives back where the figure is negative; may overdraw, and never fills beyond the
 * limit.
 */
export function correctBuckets(buckets: KeyBuckets, limits: RateLimits, tokens: number, now: number): KeyBuckets {
  const limit = limits.tokensPerMinute;
  if (limit === undefined || !Number.isFinite(tokens)) return buckets;
  const bucket = fillBucket(buckets.tokens, limit, now);
  return { ...buckets, tokens: { ...bucket, level: Math.min(limit, bucket.level - tokens) } };
}

/** When all buckets are full, so that they need not be remembered; epoch milliseconds. */
export function fullAt(buckets: KeyBuckets, limits: RateLimits): number {
  const of = (bucket: TokenBucket | undefined, limit: number | undefined): number =>
    bucket === undefined || limit === undefined ? 0 : bucket.updatedAt + msUntil(bucket, limit, limit);
  return Math.max(of(buckets.requests, limits.requestsPerMinute), of(buckets.tokens, limits.tokensPerMinute));
}

interface Look {
  readonly bucket: TokenBucket;
  readonly waitMs: number;
}

function look(
  before: TokenBucket | undefined,
  limit: number | undefined,
  amount: number,
  now: number,
): Look | undefined {
  if (limit === undefined) return undefined;
  const bucket = fillBucket(before, limit, now);
  return { bucket, waitMs: msUntil(bucket, limit, Math.min(amount, limit)) };
}

function msUntil({ level }: TokenBucket, limit: number, wanted: number): number {
  return level >= wanted ? 0 : Math.max(1, Math.ceil(((wanted - level) * minuteMs) / limit));
}

function toBuckets(requests: TokenBucket | undefined, tokens: TokenBucket | undefined): KeyBuckets {
  return { ...(requests !== undefined && { requests }), ...(tokens !== undefined && { tokens }) };
}

function toStates({ requests, tokens }: KeyBuckets, limits: RateLimits): Pick<RateOutcome, "requests" | "tokens"> {
  return {
    ...(requests !== undefined && { requests: toState(requests, limits.requestsPerMinute ?? 0) }),
    ...(tokens !== undefined && { tokens: toState(tokens, limits.tokensPerMinute ?? 0) }),
  };
}

function toState(bucket: TokenBucket, limit: number): BucketState {
  return { limit, remaining: Math.max(0, Math.floor(bucket.level)), resetMs: msUntil(bucket, limit, limit) };
}

/** A figure that is no number takes nothing; an endless one is bounded by what a bucket can wait for. */
function toAmount(tokens: number): number {
  return tokens > 0 ? Math.min(Math.ceil(tokens), 1_000_000_000) : 0;
}
