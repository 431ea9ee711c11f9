import assert from "node:assert/strict";
import { test } from "node:test";
import { toUpstreamFailure, type ProviderError } from "./to-upstream-failure.ts";

const codeOf = (error: ProviderError) => toUpstreamFailure(error).code;

test("a status alone tells whose fault it was", () => {
  const codes = [400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 500, 502, 503, 504, 529, 302].map(
    (status) => `${status} ${codeOf({ status })}`,
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
    "418 upstream_rejected",
    "422 upstream_rejected",
    "429 upstream_rate_limited",
    "500 upstream_failed",
    "502 upstream_failed",
    "503 upstream_overloaded",
    "504 upstream_failed",
    "529 upstream_overloaded",
    "302 upstream_failed",
  ]);
});

test("the provider's words go before its status", () => {
  const told: readonly (readonly [ProviderError, string])[] = [
    [{ status: 429, kind: "insufficient_quota insufficient_quota" }, "upstream_usage_limit"],
    [{ status: 429, message: "You exceeded your current quota, please check your plan." }, "upstream_usage_limit"],
    [{ status: 400, message: "Your credit balance is too low to access the API." }, "upstream_usage_limit"],
    [{ status: 400, kind: "context_length_exceeded" }, "context_too_long"],
    [{ status: 400, message: "This model's maximum context length is 8192 tokens." }, "context_too_long"],
    [{ status: 400, message: "prompt is too long: 210000 tokens > 200000 maximum" }, "context_too_long"],
    [{ status: 500, kind: "exceed_context_size_error" }, "context_too_long"],
    [{ status: 400, kind: "invalid_request_error model_not_found" }, "model_not_found"],
    [{ status: 403, kind: "model_not_found" }, "model_not_found"],
    [{ status: 404, kind: "DeploymentNotFound" }, "model_not_found"],
    [{ status: 400, kind: "content_filter", message: "The prompt was filtered." }, "upstream_rejected"],
    [{ status: 500, kind: "overloaded_error" }, "upstream_overloaded"],
  ];
  assert.deepEqual(
    told.map(([error]) => codeOf(error)),
    told.map(([, code]) => code),
  );
});

test("a rate limit that passes is not taken for a used-up account, nor for a conversation that is too long", () => {
  for (const message of [
    "Rate limit reached for gpt-5 in organization o on tokens per min (TPM): Limit 30000, Used 29000.",
    "Too many tokens, please wait before trying again.",
  ]) {
    assert.equal(codeOf({ status: 429, message }), "upstream_rate_limited");
    assert.equal(codeOf({ status: undefined, kind: "rate_limit_exceeded", message }), "upstream_rate_limited");
  }
});

test("an error in the middle of an answer is told by its words alone, and is the provider's where they say nothing", () => {
  const codes = [
    "server_error",
    "invalid_prompt",
    "invalid_base64_image",
    "rate_limit_exceeded",
    "overloaded_error",
    "",
  ];
  assert.deepEqual(
    codes.map((kind) => codeOf({ status: undefined, kind })),
    [
      "upstream_failed",
      "upstream_rejected",
      "upstream_rejected",
      "upstream_rate_limited",
      "upstream_overloaded",
      "upstream_failed",
    ],
  );
  assert.ok(!("upstreamStatus" in toUpstreamFailure({ status: undefined })));
});

test("the provider's sentence is shown where the request is at fault, its kind never", () => {
  const message = (error: ProviderError) => toUpstreamFailure(error).message;
  assert.match(message({ status: 400, message: " max_tokens: 9 > 8 " }), /\(HTTP 400\)\. max_tokens: 9 > 8$/);
  assert.match(message({ status: 400, kind: "secret_kind", message: "no" }), /refused the request \(HTTP 400\)\. no$/);
  assert.ok(!message({ status: 401, message: "Incorrect key sk-proj-123" }).includes("123"));
  assert.ok(!message({ status: 400, message: "Incorrect key sk-proj-123" }).includes("123"));
  assert.ok(!message({ status: 500, message: "out of memory on db-7" }).includes("db-7"));
  assert.ok(message({ status: 400, message: "long ".repeat(100_000) }).length < 700);
});

test("the status and the time to wait are passed on", () => {
  const { upstreamStatus, retryAfterMs } = toUpstreamFailure({ status: 429, retryAfterMs: 7_000 });
  assert.deepEqual([upstreamStatus, retryAfterMs], [429, 7_000]);
});
