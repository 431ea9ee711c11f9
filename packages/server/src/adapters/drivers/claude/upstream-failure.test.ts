import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toUpstreamFailure } from "./upstream-failure.ts";

test("each status of the provider is told as what it means for the client", () => {
  const codes = [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529].map(
    (status) => `${status} ${toUpstreamFailure(status, "").code}`,
  );
  assert.deepEqual(codes, [
    "400 upstream_rejected",
    "401 upstream_unauthorized",
    "402 upstream_usage_limit",
    "403 upstream_unauthorized",
    "404 model_not_found",
    "408 upstream_failed",
    "409 upstream_failed",
    "413 context_too_long",
    "422 upstream_rejected",
    "429 upstream_rate_limited",
    "500 upstream_failed",
    "502 upstream_failed",
    "503 upstream_overloaded",
    "504 upstream_failed",
    "529 upstream_overloaded",
  ]);
  assert.equal(toUpstreamFailure(null, "API Error: Connection error").code, "upstream_interrupted");
  assert.equal(toUpstreamFailure(undefined, undefined).code, "upstream_interrupted");
});

test("the status and the time to wait are passed on", () => {
  const { upstreamStatus, retryAfterMs } = toUpstreamFailure(429, undefined, 7_000);
  assert.deepEqual([upstreamStatus, retryAfterMs], [429, 7_000]);
});

test("a used-up subscription is told apart from a rate limit that passes", () => {
  for (const text of [
    "You've hit your session limit · resets 3pm",
    "Claude usage limit reached.",
    "5-hour limit reached",
  ]) {
    assert.equal(toUpstreamFailure(429, text).code, "upstream_usage_limit");
  }
});

test("the provider's own sentence is passed on where the request is at fault, the CLI's advice is not", () => {
  const message = (status: number, text: string) => toUpstreamFailure(status, text).message;
  assert.match(
    message(400, "API Error: 400 max_tokens: 9 > 8, which is the maximum"),
    / max_tokens: 9 > 8, which is the maximum$/,
  );
  assert.match(message(400, "API Error: 400 Only image/png and image/jpeg are taken."), /image\/png and image\/jpeg/);
  assert.ok(!message(404, "There's an issue with the model. Run --model to pick another.").includes("--model"));
  assert.ok(!message(500, "API Error: 500 out of memory on db-7").includes("db-7"));
  assert.ok(!message(401, "API Error: 401 invalid x-api-key sk-123").includes("sk-123"));
  assert.ok(message(400, `API Error: 400 ${"long ".repeat(1_000)}`).length < 700);
});

test("a conversation that is too long is told as such, whoever says it", () => {
  for (const text of ["Prompt is too long", "API Error: 400 prompt is too long: 210000 tokens > 200000 maximum"]) {
    assert.equal(toUpstreamFailure(400, text).code, "context_too_long");
  }
});

const secret = fc.constantFrom(
  "/home/ada/.claude/settings.json",
  "~/.claude.json",
  "../up/and/away",
  "(/opt/x)",
  "path=/srv/gantry",
  "'/etc/passwd'",
  "C:\\Users\\ada",
  "\\\\server\\share",
  "http://proxy/v1",
  "HTTPS://Proxy.corp/v1",
  "file:///tmp/x",
  "unix:/run/gantry.sock",
  "10.0.0.7",
  "127.0.0.1:8080",
  "[::1]:443",
  "fe80::1",
  "localhost",
  "proxy.internal:8443",
  "db-7:5432",
);
const words = fc.array(fc.constantFrom("bad", "request", "to", "the", "(see", "at)", '"quoted"', "\n"), {
  maxLength: 5,
});

test("no path, address or host with a port ever reaches the client", () => {
  fc.assert(
    fc.property(words, secret, words, fc.constantFrom(400, 402, 404, 413, 422), (before, hidden, after, status) => {
      const sentence = [...before, hidden, ...after].join(" ");
      const { message } = toUpstreamFailure(status, `API Error: ${status} ${sentence}`);
      assert.ok(!message.includes(hidden), message);
      assert.ok(message.length > 20);
    }),
  );
});
