import assert from "node:assert/strict";
import { test } from "node:test";
import { upstreamKinds, type UpstreamKind } from "@gantry/contracts/upstreams";
import fc from "fast-check";
import { toRequestHeaders } from "./request-headers.ts";

const to = (kind: UpstreamKind, ...rest: [Record<string, string>, string | undefined]) =>
  toRequestHeaders({ kind }, ...rest);

const client = {
  "anthropic-version": "2024-01-01",
  "anthropic-beta": "one,two",
  "openai-beta": "assistants=v2",
  "openai-organization": "org-other",
  "openai-project": "proj-other",
  "content-type": "application/json; charset=utf-8",
  accept: "text/event-stream",
  "user-agent": "sdk/1.0",
  "x-stainless-lang": "js",
  "x-app": "cli",
  "x-claude-code-session-id": "s1",
  traceparent: "00-1-2-01",
  "idempotency-key": "k1",
  authorization: "Bearer gk-client",
  "x-api-key": "gk-client",
  "api-key": "gk-client",
  "proxy-authorization": "Basic gk-client",
  cookie: "session=gk-client",
  host: "gantry.example",
  connection: "close, x-app",
  "transfer-encoding": "chunked",
  "content-length": "7",
  "accept-encoding": "gzip, br",
  expect: "100-continue",
  "x-forwarded-for": "10.1.2.3",
  "anthropic-dangerous-direct-browser-access": "true",
  "x-made-up": "1",
};

test("an Anthropic upstream sees what its API and the client's telemetry need, and our key alone", () => {
  assert.deepEqual(to("anthropic", client, "sk-ours"), {
    "anthropic-version": "2024-01-01",
    "anthropic-beta": "one,two",
    "content-type": "application/json; charset=utf-8",
    accept: "text/event-stream",
    "user-agent": "sdk/1.0",
    "x-stainless-lang": "js",
    "x-app": "cli",
    "x-claude-code-session-id": "s1",
    traceparent: "00-1-2-01",
    "idempotency-key": "k1",
    "accept-encoding": "identity",
    "x-api-key": "sk-ours",
  });
});

test("an upstream of OpenAI's dialect sees nothing of another vendor, and the client does not choose who pays there", () => {
  const shared = {
    "openai-beta": "assistants=v2",
    "content-type": "application/json; charset=utf-8",
    accept: "text/event-stream",
    "user-agent": "sdk/1.0",
    "x-stainless-lang": "js",
    traceparent: "00-1-2-01",
    "idempotency-key": "k1",
    "accept-encoding": "identity",
  };
  const bearer = { ...shared, authorization: "Bearer sk-ours" };
  assert.deepEqual(to("openai", client, "sk-ours"), bearer);
  assert.deepEqual(to("openai-compatible", client, "sk-ours"), bearer);
  assert.deepEqual(to("openai-compatible", client, undefined), shared);
  assert.deepEqual(to("azure-openai", client, "sk-ours"), { ...shared, "api-key": "sk-ours" });
});

test("a token in the place of a key goes where tokens go", () => {
  const sent = toRequestHeaders({ kind: "anthropic", usesBearer: true }, client, "token");
  assert.deepEqual([sent["authorization"], sent["x-api-key"]], ["Bearer token", undefined]);
});

test("what a client leaves out is given", () => {
  const given = { "content-type": "application/json", "user-agent": "gantry", "accept-encoding": "identity" };
  assert.deepEqual(to("anthropic", {}, undefined), { ...given, "anthropic-version": "2023-06-01" });
  assert.deepEqual(to("openai", {}, undefined), given);
});

test("no header of a client's, however named, carries its key or another's authentication on", () => {
  const name = fc.oneof(fc.constantFrom(...Object.keys(client)), fc.string(), fc.constant("__proto__"));
  fc.assert(
    fc.property(fc.constantFrom(...upstreamKinds), fc.array(fc.tuple(name, fc.string())), (kind, entries) => {
      const sent = to(kind, Object.fromEntries(entries), "sk-ours");
      const secrets = ["authorization", "x-api-key", "api-key", "cookie", "proxy-authorization"];
      for (const secret of secrets) assert.match(sent[secret] ?? "sk-ours", /^(Bearer )?sk-ours$/);
      assert.equal(sent["accept-encoding"], "identity");
      for (const value of Object.values(sent)) assert.doesNotMatch(value, /[\r\n\0]/);
    }),
  );
});
