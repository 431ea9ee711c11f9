import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../../core/ports/clock.ts";
import type { RequestRecord } from "./messages-api.ts";
import { ask, post, startDemoModel, textOf, toBody } from "./test-harness.ts";

const errorTypes = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  503: "api_error",
  529: "overloaded_error",
};

test("status answers with that error in the vendor's shape, streamed or not", async (context) => {
  const { url } = await startDemoModel(context);
  for (const [status, type] of Object.entries(errorTypes)) {
    for (const stream of [false, true]) {
      const response = await post(url, toBody(`[[demo:say x]] [[demo:status ${status}]]`, { stream }));
      assert.equal(response.status, Number(status));
      assert.equal(response.headers.get("retry-after"), status === "429" ? "1" : null);
      const message = `The demo model was told to answer ${status}.`;
      const request_id = response.headers.get("request-id");
      assert.match(request_id ?? "", /^req_/);
      assert.deepEqual(await response.json(), { type: "error", error: { type, message }, request_id });
    }
  }
  const response = await post(url, toBody("[[demo:status 429 7]]"));
  assert.equal(response.headers.get("retry-after"), "7");
  await response.body?.cancel();
});

test("limit answers as a used-up subscription does", async (context) => {
  const { url } = await startDemoModel(context, { clock: { ...systemClock, epoch: () => 1_700_000_000_500 } });
  const { status, headers, body } = await post(url, toBody("[[demo:limit 90]]", { stream: true }));
  await body?.cancel();
  assert.equal(status, 429);
  assert.equal(headers.get("anthropic-ratelimit-unified-status"), "rejected");
  assert.equal(headers.get("anthropic-ratelimit-unified-reset"), "1700000090");
  assert.equal(headers.get("anthropic-ratelimit-unified-representative-claim"), "five_hour");
  assert.equal(headers.get("retry-after"), "90");
  assert.equal(headers.get("x-should-retry"), "false");
});

test("the other addresses answer, and unknown ones are a 404", async (context) => {
  const { url } = await startDemoModel(context);
  assert.equal((await fetch(url, { method: "HEAD" })).status, 200);
  assert.deepEqual(await (await fetch(url)).json(), { name: "Gantry's demo model" });
  const models = await (await fetch(`${url}/v1/models?limit=5`)).text();
  assert.match(models, /"id":"claude-haiku-5-5"/);
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(75) }] });
  const counted = await fetch(`${url}/v1/messages/count_tokens?beta=true`, { method: "POST", body });
  assert.deepEqual(await counted.json(), { input_tokens: 25 });
  for (const [method, path] of [
    ["POST", "/v1/complete"],
    ["GET", "/v1/messages"],
    ["GET", "/favicon.ico"],
  ] as const) {
    const response = await fetch(url + path, { method });
    assert.equal(response.status, 404);
    assert.match(await response.text(), /"type":"not_found_error"/);
  }
});

test("bodies that are not requests are a 400 that names the fault", async (context) => {
  const { url } = await startDemoModel(context);
  for (const [body, fault] of [
    ["", /not valid JSON/],
    ['{"model":', /not valid JSON/],
    ["null", /body: /],
    ['{"messages":[]}', /model: /],
    ['{"model":"m"}', /messages: /],
    ['{"model":"m","messages":[{"role":"user","content":7}]}', /messages\.0\.content: /],
    ['{"model":"m","messages":[],"max_tokens":-1}', /max_tokens: /],
  ] as const) {
    const response = await post(url, body);
    assert.equal(response.status, 400);
    assert.match(await response.text(), fault);
  }
});

test("a body nested without end is an error, and the server lives on", async (context) => {
  const { url } = await startDemoModel(context);
  const nested = `${'{"a":'.repeat(500_000)}1${"}".repeat(500_000)}`;
  const response = await post(
    url,
    `{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"name":"t","a":${nested}}]}`,
  );
  assert.ok(response.status >= 400);
  assert.match(await response.text(), /"type":"error"/);
  assert.equal(textOf(await ask(url, toBody("[[demo:say alive]]"))), "alive");
});

test("a body over 64 MiB is a 413", async (context) => {
  const { url } = await startDemoModel(context);
  const response = await post(url, " ".repeat(64 * 1_024 * 1_024 + 1));
  assert.equal(response.status, 413);
  assert.match(await response.text(), /"type":"request_too_large"/);
});

test("the tap sees each call with its bytes and its parsed body", async (context) => {
  const records: RequestRecord[] = [];
  const { url } = await startDemoModel(context, { onRequest: (record) => records.push(record) });
  const body = toBody("[[demo:say ü]]");
  await ask(url, body);
  await fetch(url, { method: "HEAD" });
  await (await post(url, "broken")).body?.cancel();
  assert.deepEqual(
    records.map(({ method, url: address, bodyBytes, body: parsed }) => [method, address, bodyBytes, parsed]),
    [
      ["POST", "/v1/messages?beta=true", Buffer.byteLength(JSON.stringify(body)), body],
      ["HEAD", "/", 0, undefined],
      ["POST", "/v1/messages?beta=true", 6, undefined],
    ],
  );
  assert.equal(records[0]?.headers["content-type"], "text/plain;charset=UTF-8");
});
