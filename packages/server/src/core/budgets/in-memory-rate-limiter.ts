import type { RateLimits } from "@gantry/contracts/access";
import type { RateLimiter } from "../ports/rate-limiter.ts";
import { correctBuckets, fullAt, takeFromBuckets, type KeyBuckets } from "./token-bucket.ts";

export interface InMemoryRateLimiter extends RateLimiter {
  /** Keys whose buckets are remembered. */
  readonly size: number;
}

interface Remembered {
  readonly buckets: KeyBuckets;
  readonly fullAt: number;
}

/**
 * Token buckets of one process. A key is forgotten when its buckets are full, which is what an unknown key has: memory
 * holds the keys of the last minute or so, and those that are overdrawn.
 */
export function createInMemoryRateLimiter(): InMemoryRateLimiter {
  // In the order of their last use, so that those longest unused are looked at first.
  const keys = new Map<string, Remembered>();

  function remember(keyId: string, buckets: KeyBuckets, limits: RateLimits, now: number): void {
    keys.delete(keyId);
    const full = fullAt(buckets, limits);
    if (full > now) keys.set(keyId, { buckets, fullAt: full });
    forgetFull(now);
  }

  /** Two at a time: each call remembers one at most, so that nothing piles up and no call takes long. */
  function forgetFull(now: number): void {
    let looked = 0;
    for (const [keyId, known] of keys) {
      if (looked === 2) return;
      looked += 1;
      keys.delete(keyId);
      // One that is overdrawn for long goes to the end, out of the way of the others.
      if (known.fullAt > now) keys.set(keyId, known);
    }
  }

  const bucketsOf = (keyId: string): KeyBuckets => keys.get(keyId)?.buckets ?? {};

  return {
    get size() {
      return keys.size;
    },
    async take(keyId, limits, tokens, now) {
      const { buckets, outcome } = takeFromBuckets(bucketsOf(keyId), limits, tokens, now);
      remember(keyId, buckets, limits, now);
      return outcome;
    },
    async correct(keyId, limits, tokens, now) {
      remember(keyId, correctBuckets(bucketsOf(keyId), limits, tokens, now), limits, now);
    },
  };
}
