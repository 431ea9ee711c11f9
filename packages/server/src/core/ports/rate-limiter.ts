import type { RateLimits } from "@gantry/contracts/access";

/** Token buckets of requests and tokens per minute, kept in this process or shared by all nodes. */
export interface RateLimiter {
  /** Takes one request and so many tokens from a key's buckets, or nothing. */
  take(keyId: string, limits: RateLimits, tokens: number, now: number): Promise<RateOutcome>;
  /** Gives back (negative) or takes the difference between what was counted before and the real figure; may overdraw. */
  correct(keyId: string, limits: RateLimits, tokens: number, now: number): Promise<void>;
}

export interface BucketState {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the bucket is full again. */
  readonly resetMs: number;
}

export interface RateOutcome {
  readonly allowed: boolean;
  /** Until the same request would be allowed; 0 where it was. */
  readonly retryAfterMs: number;
  readonly requests?: BucketState;
  readonly tokens?: BucketState;
}
