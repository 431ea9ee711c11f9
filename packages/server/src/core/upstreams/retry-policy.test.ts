import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { UpstreamError } from "../ports/upstream-client.ts";
import { defaultRetryRules, judgeAnswer, judgeBreak, toBackoffMs } from "./retry-policy.ts";

const describe = (status: number, headers: Record<string, string> = {}): string => {
  const { again, elsewhere, isIll, credential } = judgeAnswer(status, headers);
  const words = [again && "again", elsewhere && "elsewhere", isIll && "ill", credential];
  return words.filter((word) => typeof word === "string").join(" ");
};

test("what passes of itself may be tried again, what is the request's fault may not", () => {
  for (const status of [408, 500, 502, 503, 504, 520, 524, 529, 599])
    assert.equal(describe(status), "again elsewhere ill");
  for (const status of [400, 402, 404, 409, 413, 422, 501, 505]) assert.equal(describe(status), "");
});

test("a refused credential is a matter of other credentials, and only a wrong one of other upstreams", () => {
  assert.equal(describe(401), "elsewhere ill wrong");
  assert.equal(describe(403), "forbidden");
});

test("a limit is waited for where the upstream says how long, and it is not long", () => {
  assert.equal(describe(429, { "retry-after": "3" }), "again elsewhere limited");
  assert.equal(describe(429, { "retry-after-ms": "10000" }), "again elsewhere limited");
  assert.equal(describe(429, { "retry-after-ms": "10001" }), "elsewhere limited");
  assert.equal(describe(429), "elsewhere limited");
  assert.equal(describe(503, { "retry-after": "60" }), "elsewhere ill");
  assert.equal(judgeAnswer(429, { "retry-after": "3" }).retryAfterMs, 3000);
});

test("the upstream's own word on retries counts here, and binds no other upstream", () => {
  assert.equal(describe(500, { "x-should-retry": "false" }), "elsewhere ill");
  assert.equal(describe(429, { "x-should-retry": "false", "retry-after": "1" }), "elsewhere limited");
  assert.equal(describe(409, { "x-should-retry": "true" }), "again");
  assert.equal(describe(409, { "x-should-retry": "true", "retry-after": "60" }), "");
});

test("a break is tried again, a wait that was long enough is not, and what an operator must mend is neither", () => {
  const judged = (kind: UpstreamError["kind"]) => judgeBreak(new UpstreamError(kind, ""));
  for (const kind of ["connect", "broken"] as const) {
    assert.deepEqual(judged(kind), { again: true, elsewhere: true, isIll: true });
  }
  for (const kind of ["headers_timeout", "first_byte_timeout", "silence_timeout"] as const) {
    assert.deepEqual(judged(kind), { again: false, elsewhere: true, isIll: true });
  }
  for (const kind of ["redirected", "compressed"] as const) {
    assert.deepEqual(judged(kind), { again: false, elsewhere: false, isIll: false });
  }
});

test("waits double up to a bound, anywhere between none and the whole", () => {
  const longest = [1, 2, 3, 4, 5, 6, 1000].map((tried) => toBackoffMs(tried, undefined, () => 1));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
  assert.equal(
    toBackoffMs(3, undefined, () => 0),
    0,
  );
  assert.equal(
    toBackoffMs(3, undefined, () => 0.25),
    500,
  );
});

test("no wait is shorter than the upstream asks for, nor longer than the bounds", () => {
  const random = fc.double({ min: 0, max: 0.999, noNaN: true });
  const asked = fc.option(fc.nat(10_000), { nil: undefined });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), asked, random, (tried, retryAfterMs, value) => {
      const wait = toBackoffMs(tried, retryAfterMs, () => value);
      const { longestWaitMs, firstBackoffMs } = defaultRetryRules;
      assert.ok(wait >= (retryAfterMs ?? 0) && wait <= longestWaitMs + firstBackoffMs && Number.isInteger(wait));
    }),
  );
});
