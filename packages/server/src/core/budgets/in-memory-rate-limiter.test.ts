import { test } from "node:test";
import assert from "node:assert/strict";
import { createInMemoryRateLimiter } from "./in-memory-rate-limiter.ts";

const limits = { requestsPerMinute: 2, tokensPerMinute: 600 };
const now = 1_000_000;

test("each key has buckets of its own", async () => {
  const limiter = createInMemoryRateLimiter();
  for (const key of ["a", "a", "b"]) assert.ok((await limiter.take(key, limits, 1, now)).allowed);
  const refused = await limiter.take("a", limits, 1, now);
  assert.deepEqual([refused.allowed, refused.retryAfterMs], [false, 30_000]);
  assert.ok((await limiter.take("b", limits, 1, now)).allowed);
});

test("requests at the same time take no more than there is", async () => {
  const limiter = createInMemoryRateLimiter();
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => limiter.take("a", limits, 1, now)));
  assert.equal(outcomes.filter(({ allowed }) => allowed).length, 2);
});

test("the real figures count for the next request", async () => {
  const limiter = createInMemoryRateLimiter();
  await limiter.take("a", limits, 100, now);
  await limiter.correct("a", limits, 700, now);
  assert.equal((await limiter.take("a", limits, 100, now)).retryAfterMs, 30_000);
  await limiter.correct("a", limits, -800, now);
  assert.equal((await limiter.take("a", limits, 100, now)).tokens?.remaining, 500);
});

test("keys that are idle are forgotten, and a key that comes back finds full buckets", async () => {
  const limiter = createInMemoryRateLimiter();
  for (let key = 0; key < 1000; key += 1) await limiter.take(`key_${key}`, limits, 1, now + key);
  assert.equal(limiter.size, 1000);
  for (let turn = 0; turn < 1000; turn += 1) await limiter.take("last", limits, 0, now + 120_000 + turn * 30_000);
  assert.equal(limiter.size, 1);
  assert.equal((await limiter.take("key_7", limits, 1, now + 60_000_000)).requests?.remaining, 1);
});

test("an overdrawn key is remembered until it is even, and keeps no other in memory", async () => {
  const limiter = createInMemoryRateLimiter();
  await limiter.take("deep", limits, 60_000, now);
  for (let key = 0; key < 100; key += 1) await limiter.take(`key_${key}`, limits, 1, now);
  const later = now + 120_000;
  for (let turn = 0; turn < 200; turn += 1) await limiter.take("last", { requestsPerMinute: 100_000 }, 0, later);
  assert.equal(limiter.size, 2);
  assert.ok(!(await limiter.take("deep", limits, 1, later)).allowed);
  assert.ok((await limiter.take("deep", limits, 1, now + 60_000 * 101)).allowed);
});

test("a key without limits leaves nothing in memory", async () => {
  const limiter = createInMemoryRateLimiter();
  assert.deepEqual(await limiter.take("a", {}, 5, now), { allowed: true, retryAfterMs: 0 });
  await limiter.correct("a", {}, 5, now);
  assert.equal(limiter.size, 0);
});
