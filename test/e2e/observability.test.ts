import assert from "node:assert/strict";
import { test } from "node:test";
import { startTestCollector } from "../../packages/server/src/adapters/metrics/test-collector.ts";
import { parseExposition } from "../../packages/server/src/adapters/metrics/test-exposition.ts";
import { ask } from "../harness/chat.ts";
import { forEachVersion } from "../harness/for-each-version.ts";
import { eventually } from "../harness/server-state.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const body = { model: "haiku", messages: [{ role: "user", content: "[[demo:say ok]]" }] };
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callersTrace = `00-${traceId}-00f067aa0ba902b7-01`;

/** The line of the log on a request; it may come a moment after the answer. */
async function readLine(gantry: Gantry, id: string | null): Promise<Record<string, unknown>> {
  const find = () =>
    gantry
      .stderr()
      .split("\n")
      .find((line) => line.includes(`"request":"${id}"`));
  await eventually(() => find()?.includes('"msg":"request answered"') === true, `the log tells of ${id}`);
  return JSON.parse(find() ?? "");
}

forEachVersion({}, (suite) => {
  test("a client's trace goes with the model calls of its own turn, and of no other", async () => {
    const traced = await ask(suite.gantry, body, { headers: { traceparent: callersTrace } });
    const given = traced.headers.get("traceparent");
    assert.match(given ?? "", new RegExp(`^00-${traceId}-[\\da-f]{16}-01$`));
    assert.notEqual(given, callersTrace);
    assert.equal(suite.model.calls().at(-1)?.headers["traceparent"], given);

    const plain = await ask(suite.gantry, body);
    assert.equal(suite.model.calls().at(-1)?.headers["traceparent"], undefined);
    assert.match(plain.headers.get("traceparent") ?? "", /^00-[\da-f]{32}-[\da-f]{16}-00$/);

    const again = await ask(suite.gantry, { ...body, stream: true }, { headers: { traceparent: callersTrace } });
    assert.equal(suite.model.calls().at(-1)?.headers["traceparent"], again.headers.get("traceparent"));
    assert.notEqual(again.headers.get("traceparent"), given);
    const line = await readLine(suite.gantry, again.headers.get("x-request-id"));
    assert.equal(again.headers.get("traceparent"), `00-${traceId}-${String(line["span_id"])}-01`);
    assert.deepEqual([line["trace_id"], line["parent_span_id"]], [traceId, "00f067aa0ba902b7"]);
  });
});

test("the figures can be scraped with the admin's key, and with no other", async () => {
  const gantry = await startGantry();
  try {
    await ask(gantry, body);
    const scrape = (key: string) => fetch(`${gantry.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    const refused = await scrape("wrong");
    assert.equal(refused.status, 401);
    await refused.arrayBuffer();
    const response = await scrape(gantry.key);
    assert.equal(response.status, 200);
    const { value, samples } = parseExposition(await response.text());
    const chat = { route: "/v1/chat/completions", status: "2xx" };
    assert.equal(value("gantry_http_request_duration_seconds_count", chat), 1);
    assert.equal(value("gantry_refusals_total", { code: "unauthorized" }), 1);
    assert.equal(value("gantry_pool_processes", { state: "holding" }), 1);
    // Whatever else ran on this machine may have left some behind.
    assert.notEqual(value("gantry_orphans_total"), undefined);
    const settled = samples.filter(({ name }) => name === "gantry_requests_total");
    assert.deepEqual(
      settled.map(({ labels, value: count }) => [labels["outcome"], labels["driver"], count]),
      [["completed", "claude", 1]],
    );
    assert.match(settled[0]?.labels["model"] ?? "", /haiku/);
    for (const operation of ["reserve", "settle"]) {
      assert.equal(value("gantry_store_latency_seconds_count", { operation }), 1, operation);
    }
  } finally {
    await gantry.stop();
  }
});

test("the figures reach a collector that the usual environment names, the last ones at the stop", async () => {
  const collector = await startTestCollector();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=sesame",
    OTEL_SERVICE_NAME: "gate",
    OTEL_METRIC_EXPORT_INTERVAL: "3600000",
  };
  const gantry = await startGantry({ env });
  try {
    await ask(gantry, body);
  } finally {
    await gantry.stop();
  }
  await collector.stop();
  const [call] = collector.calls;
  assert.equal(collector.calls.length, 1);
  assert.equal(call?.path, "/v1/metrics");
  assert.equal(call?.headers["api-key"], "sesame");
  assert.match(call?.body ?? "", /"service.name","value":\{"stringValue":"gate"\}/);
  assert.match(call?.body ?? "", /"gantry\.http\.request\.duration"/);
});

test("a collector that never answers holds up neither requests nor the stop", async () => {
  const collector = await startTestCollector(() => undefined);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRIC_EXPORT_INTERVAL: "50" };
  const gantry = await startGantry({ env });
  try {
    await collector.untilCalled(1);
    await ask(gantry, body);
  } finally {
    await gantry.stop();
    await collector.stop();
  }
});

test("prompts are in the log where its owner asks for them, and at the level debug alone", async () => {
  for (const level of ["debug", "info"]) {
    const gantry = await startGantry({ flags: ["--log-level", level], env: { GANTRY_LOG_PROMPTS: "true" } });
    try {
      await ask(gantry, { model: "haiku", messages: [{ role: "user", content: "sesame [[demo:echo]]" }] });
    } finally {
      await gantry.stop();
    }
    const lines = gantry
      .stderr()
      .split("\n")
      .filter((line) => line.includes("sesame"));
    assert.equal(lines.length, level === "debug" ? 1 : 0);
  }
});
