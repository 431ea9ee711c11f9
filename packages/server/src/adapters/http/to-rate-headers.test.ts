import assert from "node:assert/strict";
import { test } from "node:test";
import { toRateHeaders } from "./to-rate-headers.ts";

const now = Date.UTC(2026, 10, 20, 12);

test("both families tell limit, remainder and reset of what the key has a limit for", () => {
  const requests = { limit: 60, remaining: 12.9, resetMs: 47_100 };
  const tokens = { limit: 10_000, remaining: -3, resetMs: 361_000 };
  assert.deepEqual(toRateHeaders({ allowed: true, retryAfterMs: 0, requests }, now), {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "12",
    "x-ratelimit-reset-requests": "47.1s",
    "anthropic-ratelimit-requests-limit": "60",
    "anthropic-ratelimit-requests-remaining": "12",
    "anthropic-ratelimit-requests-reset": "2026-11-20T12:00:48Z",
  });
  const both = toRateHeaders({ allowed: false, retryAfterMs: 5, requests, tokens }, now);
  assert.equal(both["x-ratelimit-remaining-tokens"], "0");
  assert.equal(both["x-ratelimit-reset-tokens"], "6m1s");
  assert.equal(both["anthropic-ratelimit-tokens-remaining"], "0");
  assert.equal(Object.keys(both).length, 12);
});

test("durations are written as Go writes them", () => {
  for (const [resetMs, text] of [
    [0, "0ms"],
    [0.2, "1ms"],
    [999, "999ms"],
    [1000, "1s"],
    [60_000, "1m0s"],
    [3_661_500, "1h1m1.5s"],
  ] as const) {
    const headers = toRateHeaders({ allowed: true, retryAfterMs: 0, tokens: { limit: 1, remaining: 0, resetMs } }, now);
    assert.equal(headers["x-ratelimit-reset-tokens"], text);
  }
});
