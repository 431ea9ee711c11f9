import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { minuteMs, noon } from "../../packages/server/src/adapters/store/shared/conformance/samples.ts";
import type { RateLimiter } from "../../packages/server/src/core/ports/rate-limiter.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { openNode } from "./open-node.ts";

let postgres: Postgres;
let url: string;
let nodes: readonly [Store, Store];
/** The same limiter, as two nodes see it. */
let rates: readonly [RateLimiter, RateLimiter];

before(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
  nodes = [await openNode(url), await openNode(url)];
  rates = [readRates(nodes[0]), readRates(nodes[1])];
});
after(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await postgres.stop();
});

function readRates(store: Store): RateLimiter {
  assert.ok(store.rates);
  return store.rates;
}

test("a key without limits is let through, and nothing is said of buckets", async () => {
  assert.deepEqual(await rates[0].take("none", {}, 1_000_000, noon), { allowed: true, retryAfterMs: 0 });
});

test("two nodes keep one limit, however many ask at once", async () => {
  const limits = { requestsPerMinute: 50, tokensPerMinute: 100_000 };
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, (_, index) => rates[index % 2 === 0 ? 0 : 1].take("both", limits, 10, noon)),
  );
  assert.equal(outcomes.filter(({ allowed }) => allowed).length, 50);
  const refused = outcomes.findLast(({ allowed }) => !allowed);
  assert.deepEqual(refused, {
    allowed: false,
    retryAfterMs: 1200,
    requests: { limit: 50, remaining: 0, resetMs: minuteMs },
    // What was refused has taken no tokens.
    tokens: { limit: 100_000, remaining: 99_500, resetMs: 300 },
  });
});

test("a bucket fills as time goes by, and a request is let through when it was told to come", async () => {
  const limits = { requestsPerMinute: 2 };
  const take = (at: number) => rates[0].take("slow", limits, 0, noon + at);
  assert.deepEqual(await take(0), {
    allowed: true,
    retryAfterMs: 0,
    requests: { limit: 2, remaining: 1, resetMs: 30_000 },
  });
  assert.equal((await take(0)).allowed, true);
  const refused = await take(10_001);
  assert.deepEqual(refused, {
    allowed: false,
    retryAfterMs: 19_999,
    requests: { limit: 2, remaining: 0, resetMs: 49_999 },
  });
  assert.equal((await take(10_001 + 19_998)).allowed, false);
  assert.equal((await take(10_001 + 19_999)).allowed, true);
  // After a long while it holds a minute's worth, not more.
  assert.equal((await take(365 * 24 * 60 * minuteMs)).requests?.remaining, 1);
});

test("what does not fit into one bucket is taken from none", async () => {
  const limits = { requestsPerMinute: 10, tokensPerMinute: 600 };
  assert.equal((await rates[0].take("pair", limits, 500, noon)).allowed, true);
  const refused = await rates[1].take("pair", limits, 400, noon);
  assert.deepEqual(refused, {
    allowed: false,
    retryAfterMs: 30_000,
    requests: { limit: 10, remaining: 9, resetMs: 6000 },
    tokens: { limit: 600, remaining: 100, resetMs: 50_000 },
  });
});

test("a request of more tokens than the bucket holds passes when it is full, and leaves it overdrawn", async () => {
  const limits = { tokensPerMinute: 100 };
  assert.equal((await rates[0].take("big", limits, 250, noon)).allowed, true);
  const next = await rates[1].take("big", limits, 1, noon);
  assert.deepEqual(next, {
    allowed: false,
    retryAfterMs: (151 * minuteMs) / 100,
    tokens: { limit: 100, remaining: 0, resetMs: (250 * minuteMs) / 100 },
  });
  assert.equal((await rates[0].take("big", limits, 1, noon + next.retryAfterMs)).allowed, true);
});

test("a correction gives tokens back or takes them, beyond the bottom but not beyond the top", async () => {
  const limits = { tokensPerMinute: 100 };
  const read = async () => (await rates[0].take("corrected", limits, 0, noon)).tokens?.remaining;
  await rates[1].correct("corrected", limits, 30, noon);
  assert.equal(await read(), 70);
  await rates[0].correct("corrected", limits, -10, noon);
  assert.equal(await read(), 80);
  await rates[0].correct("corrected", limits, -500, noon);
  assert.equal(await read(), 100);
  await rates[0].correct("corrected", limits, 400, noon);
  assert.equal((await rates[0].take("corrected", limits, 1, noon)).retryAfterMs, (301 * minuteMs) / 100);
  await rates[0].correct("corrected", {}, 5, noon);
});

test("a limit that is changed holds from the next request on", async () => {
  assert.equal((await rates[0].take("changed", { requestsPerMinute: 100 }, 0, noon)).requests?.remaining, 99);
  assert.equal((await rates[0].take("changed", { requestsPerMinute: 3 }, 0, noon)).requests?.remaining, 2);
  assert.equal((await rates[0].take("changed", { requestsPerMinute: 100 }, 0, noon)).requests?.remaining, 1);
  const both = await rates[0].take("changed", { requestsPerMinute: 100, tokensPerMinute: 10 }, 4, noon);
  assert.deepEqual([both.requests?.remaining, both.tokens?.remaining], [0, 6]);
});

test("a node whose clock is behind fills no bucket twice", async () => {
  const limits = { requestsPerMinute: 60 };
  for (let index = 0; index < 60; index++) await rates[0].take("skewed", limits, 0, noon);
  assert.equal((await rates[0].take("skewed", limits, 0, noon + 1000)).allowed, true);
  const behind = await rates[1].take("skewed", limits, 0, noon - 4000);
  assert.deepEqual([behind.allowed, behind.retryAfterMs], [false, 6000]);
  assert.equal((await rates[0].take("skewed", limits, 0, noon + 1000)).allowed, false);
  assert.equal((await rates[1].take("skewed", limits, 0, noon - 4000 + 6000)).allowed, true);
});

test("absurd figures are bounded, and the largest limits are counted exactly", async () => {
  const limits = { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000 };
  assert.equal((await rates[0].take("absurd", limits, 1, noon)).tokens?.remaining, 999_999_999);
  assert.equal((await rates[0].take("absurd", limits, Number.MAX_SAFE_INTEGER, noon)).allowed, false);
  await rates[0].correct("absurd", limits, -Number.MAX_SAFE_INTEGER, noon);
  assert.equal((await rates[0].take("absurd", limits, 1e300, noon)).allowed, true);
});
