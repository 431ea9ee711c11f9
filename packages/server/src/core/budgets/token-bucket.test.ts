import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { correctBuckets, fillBucket, fullAt, takeFromBuckets, type KeyBuckets } from "./token-bucket.ts";

const now = 1_000_000;
const both = { requestsPerMinute: 2, tokensPerMinute: 600 };

test("a new key has a minute's worth of both", () => {
  const { buckets, outcome } = takeFromBuckets({}, both, 100, now);
  assert.deepEqual(outcome, {
    allowed: true,
    retryAfterMs: 0,
    requests: { limit: 2, remaining: 1, resetMs: 30_000 },
    tokens: { limit: 600, remaining: 500, resetMs: 10_000 },
  });
  assert.deepEqual(buckets, { requests: { level: 1, updatedAt: now }, tokens: { level: 500, updatedAt: now } });
});

test("where one bucket lacks something, nothing is taken from either", () => {
  const before: KeyBuckets = { requests: { level: 2, updatedAt: now }, tokens: { level: 50, updatedAt: now } };
  const { buckets, outcome } = takeFromBuckets(before, both, 100, now);
  assert.deepEqual(buckets, before);
  assert.deepEqual(
    [outcome.allowed, outcome.retryAfterMs, outcome.requests?.remaining, outcome.tokens?.remaining],
    [false, 5000, 2, 50],
  );
});

test("the wait is that of the slower bucket, and is enough", () => {
  const before: KeyBuckets = { requests: { level: 0.5, updatedAt: now }, tokens: { level: 0, updatedAt: now } };
  const { outcome } = takeFromBuckets(before, both, 100, now);
  assert.equal(outcome.retryAfterMs, 15_000);
  assert.ok(!takeFromBuckets(before, both, 100, now + 14_999).outcome.allowed);
  assert.ok(takeFromBuckets(before, both, 100, now + 15_000).outcome.allowed);
});

test("a key without limits has no buckets and is always allowed", () => {
  assert.deepEqual(takeFromBuckets({}, {}, 1e9, now), { buckets: {}, outcome: { allowed: true, retryAfterMs: 0 } });
  assert.deepEqual(correctBuckets({}, { requestsPerMinute: 1 }, 100, now), {});
});

test("more tokens than a minute has pass a full bucket and are paid off afterwards", () => {
  const first = takeFromBuckets({}, { tokensPerMinute: 600 }, 1800, now);
  assert.ok(first.outcome.allowed);
  assert.equal(first.outcome.tokens?.remaining, 0);
  const { outcome } = takeFromBuckets(first.buckets, { tokensPerMinute: 600 }, 1, now);
  assert.deepEqual([outcome.allowed, outcome.retryAfterMs], [false, 120_100]);
  assert.equal(
    takeFromBuckets({ tokens: { level: 599, updatedAt: now } }, { tokensPerMinute: 600 }, 1800, now).outcome
      .retryAfterMs,
    100,
  );
});

test("what was counted too high is given back, too low is taken, never beyond the limit", () => {
  const before: KeyBuckets = { tokens: { level: 100, updatedAt: now } };
  assert.equal(correctBuckets(before, both, -50, now).tokens?.level, 150);
  assert.equal(correctBuckets(before, both, -5000, now).tokens?.level, 600);
  assert.equal(correctBuckets(before, both, 300, now).tokens?.level, -200);
  for (const figure of [Number.NaN, Infinity, -Infinity])
    assert.deepEqual(correctBuckets(before, both, figure, now), before);
});

test("a clock that goes back fills nothing, and fills nothing twice", () => {
  const bucket = { level: 0, updatedAt: now };
  assert.deepEqual(fillBucket(bucket, 60, now - 60_000), bucket);
  assert.deepEqual(fillBucket(fillBucket(bucket, 60, now - 60_000), 60, now + 1000), {
    level: 1,
    updatedAt: now + 1000,
  });
});

test("a changed limit holds from the next request on", () => {
  assert.equal(fillBucket({ level: 500, updatedAt: now }, 60, now).level, 60);
  assert.equal(fillBucket({ level: 60, updatedAt: now }, 600, now + 1000).level, 70);
});

test("buckets are full when their wait is over", () => {
  assert.equal(
    fullAt({ requests: { level: 1, updatedAt: now }, tokens: { level: -600, updatedAt: now } }, both),
    now + 120_000,
  );
  assert.equal(fullAt({}, both), 0);
});

test("over any time no more is let through than the limit and one full bucket", () => {
  const step = fc.record({ waitMs: fc.nat(5000), tokens: fc.integer({ min: 1, max: 200 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      let buckets: KeyBuckets = {};
      let at = now;
      let taken = 0;
      let requests = 0;
      for (const { waitMs, tokens } of steps) {
        at += waitMs;
        const decision = takeFromBuckets(buckets, both, tokens, at);
        buckets = decision.buckets;
        if (!decision.outcome.allowed) continue;
        taken += tokens;
        requests += 1;
      }
      const minutes = (at - now) / 60_000;
      assert.ok(taken <= 600 + 600 * minutes + 1e-6);
      assert.ok(requests <= 2 + 2 * minutes + 1e-6);
    }),
  );
});

test("whoever waits as long as was said is let through", () => {
  const limits = fc.record({
    requestsPerMinute: fc.integer({ min: 1, max: 10_000 }),
    tokensPerMinute: fc.integer({ min: 1, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(limits, fc.nat(2_000_000), fc.nat(2_000_000), (limit, first, second) => {
      const before = takeFromBuckets(takeFromBuckets({}, limit, first, now).buckets, limit, second, now);
      if (before.outcome.allowed) return;
      // A wait of whole milliseconds meets the level but for the last bits of the sum.
      const { outcome } = takeFromBuckets(before.buckets, limit, second, now + before.outcome.retryAfterMs);
      assert.ok(outcome.allowed || outcome.retryAfterMs <= 1);
    }),
  );
});

test("figures that are no number of tokens harm no bucket", () => {
  for (const tokens of [Number.NaN, Infinity, -Infinity, -5, 0.5, Number.MAX_VALUE]) {
    const { buckets, outcome } = takeFromBuckets({}, both, tokens, now);
    assert.ok(outcome.allowed && Number.isFinite(buckets.tokens?.level));
    assert.ok((buckets.tokens?.level ?? 0) <= 600);
  }
});
