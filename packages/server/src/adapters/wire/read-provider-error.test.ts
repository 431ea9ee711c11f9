import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeProviderError, decodeStreamedError } from "./read-provider-error.ts";

const told = (status: number, body: unknown) => {
  const { code, message } = decodeProviderError(status, {}, JSON.stringify(body));
  return `${code}: ${message}`;
};

test("the shapes in which providers tell an error are all read", () => {
  const rejected = "upstream_rejected: The model's provider refused the request (HTTP 400). no such field";
  const message = "no such field";
  assert.equal(told(400, { error: { message, type: "invalid_request_error", param: null, code: null } }), rejected);
  assert.equal(told(400, { type: "error", error: { type: "invalid_request_error", message } }), rejected);
  assert.equal(told(400, { error: message }), rejected);
  assert.equal(told(400, { object: "error", message, type: "BadRequestError", code: 400 }), rejected);
  assert.equal(told(400, { detail: message }), rejected);
  assert.equal(told(400, [{ error: { code: 400, message, status: "INVALID_ARGUMENT" } }]), rejected);
  assert.equal(told(400, message), rejected);
});

test("the code and the type of an error are read", () => {
  assert.match(told(429, { error: { type: "insufficient_quota", message: "m" } }), /^upstream_usage_limit/);
  assert.match(told(400, { error: { code: "context_length_exceeded", message: "m" } }), /^context_too_long/);
  assert.match(told(404, { error: { code: "DeploymentNotFound", message: "m" } }), /^model_not_found/);
});

test("the status that was sent counts, not one in the body", () => {
  assert.equal(decodeProviderError(429, {}, '{"error":{"code":500,"message":"m"}}').upstreamStatus, 429);
});

test("a body that is no JSON shows nothing of itself", () => {
  for (const body of ["", "<html>nginx/1.2 at db-7</html>", '{"error":', "\u0000"]) {
    const { code, message } = decodeProviderError(400, {}, body);
    assert.equal(`${code}: ${message}`, "upstream_rejected: The model's provider refused the request (HTTP 400).");
  }
});

test("the time to wait is read from the headers", () => {
  assert.equal(decodeProviderError(429, { "retry-after": "3" }, "{}").retryAfterMs, 3000);
});

test("an error within a stream is told by its words, or by a status that it names", () => {
  assert.equal(decodeStreamedError({ type: "error", code: "rate_limit_exceeded" }).code, "upstream_rate_limited");
  assert.equal(decodeStreamedError({ error: { code: 503, message: "busy" } }).code, "upstream_overloaded");
  assert.equal(decodeStreamedError({ error: { code: "400", message: "bad" } }).code, "upstream_rejected");
  assert.equal(decodeStreamedError({ error: { type: "overloaded_error", message: "m" } }).code, "upstream_overloaded");
  assert.equal(decodeStreamedError("oh").code, "upstream_failed");
});

test("any JSON at all is a failure with a bounded message", () => {
  const value = fc.oneof(fc.jsonValue(), fc.record({ error: fc.jsonValue() }));
  fc.assert(
    fc.property(value, fc.integer({ min: 300, max: 599 }), (body, status) => {
      for (const failure of [decodeProviderError(status, {}, JSON.stringify(body)), decodeStreamedError(body)]) {
        assert.ok(failure.message.length > 0 && failure.message.length < 700);
      }
    }),
  );
});
