import assert from "node:assert/strict";
import { validateHeaderValue } from "node:http";
import { test } from "node:test";
import fc from "fast-check";
import { toResponseHeaders } from "./response-headers.ts";

test("a client sees the limits, the waits and the ids of an upstream, and nothing of its connection or its cookies", () => {
  const shown = {
    "content-type": "text/event-stream",
    date: "Wed, 21 Oct 2026 07:28:00 GMT",
    "retry-after": "7",
    "retry-after-ms": "7000",
    "request-id": "req_1",
    "x-should-retry": "false",
    "anthropic-ratelimit-requests-remaining": "3",
    "anthropic-organization-id": "org",
    "x-ratelimit-reset-tokens": "6m0s",
    "openai-processing-ms": "12",
  };
  const hidden = {
    "set-cookie": ["a=1", "b=2"],
    connection: "keep-alive",
    "keep-alive": "timeout=5",
    "transfer-encoding": "chunked",
    "content-length": "7",
    "content-encoding": "identity",
    trailer: "x",
    upgrade: "h2c",
    server: "cloudflare",
    location: "http://elsewhere.example",
    "strict-transport-security": "max-age=1",
    "access-control-allow-origin": "*",
    "x-made-up": "1",
  };
  assert.deepEqual(toResponseHeaders({ ...hidden, ...shown }), { ...shown, "x-gantry-upstream-request-id": "req_1" });
});

test("an upstream's x-request-id is not taken for ours", () => {
  assert.deepEqual(toResponseHeaders({ "x-request-id": "theirs" }), { "x-gantry-upstream-request-id": "theirs" });
});

test("several of one name are joined", () => {
  assert.equal(toResponseHeaders({ "openai-version": ["1", "2"] })["openai-version"], "1, 2");
});

test("what comes through can be sent on, whatever an upstream writes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const headers = toResponseHeaders({ "retry-after": value, "request-id": value, "openai-x": [value, value] });
      for (const [name, text] of Object.entries(headers)) validateHeaderValue(name, text);
    }),
  );
});
