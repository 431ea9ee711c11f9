import assert from "node:assert/strict";
import { test } from "node:test";
import { instruments, toPrometheusName } from "./instruments.ts";
import { parseExposition } from "./test-exposition.ts";
import { createTestMetrics, settledRequest } from "./test-metrics.ts";

const read = async (metrics: ReturnType<typeof createTestMetrics>) => parseExposition(await metrics.text.read());
const model = settledRequest.model;
const genAi = {
  gen_ai_operation_name: "chat",
  gen_ai_provider_name: "anthropic",
  gen_ai_request_model: model,
};

test("the figures are text as Prometheus reads it, with a type for each", async () => {
  const metrics = createTestMetrics();
  metrics.requestSettled(settledRequest);
  metrics.refused("rate_limited");
  metrics.httpAnswered("/v1/models/*", "2xx", 3);
  metrics.storeAnswered("settle", 2);
  assert.equal(metrics.text.contentType, "text/plain; version=0.0.4; charset=utf-8");
  const { types } = await read(metrics);
  const expected = Object.values(instruments).map((each) => [toPrometheusName(each), each.kind] as const);
  assert.deepEqual(new Map([...types].toSorted()), new Map(expected.toSorted()));
  const promised = [
    "gen_ai_client_token_usage",
    "gen_ai_client_operation_duration_seconds",
    "gen_ai_server_time_to_first_token_seconds",
    "gantry_cost_micros_total",
    "gantry_requests_total",
    "gantry_refusals_total",
    "gantry_pool_processes",
    "gantry_queue_length",
    "gantry_orphans_total",
    "gantry_store_latency_seconds",
    "gantry_http_request_duration_seconds",
  ];
  assert.deepEqual(
    promised.filter((name) => !types.has(name)),
    [],
  );
});

test("a settled request is counted with its tokens, its cost and its times", async () => {
  const metrics = createTestMetrics();
  metrics.requestSettled(settledRequest);
  const { value } = await read(metrics);
  assert.equal(value("gantry_requests_total", { outcome: "completed", model, driver: "claude" }), 1);
  assert.equal(value("gantry_cost_micros_total", { model }), 42);
  const kinds = { input: 10, cache_read: 200, cache_write: 3000, output: 5 };
  for (const [kind, count] of Object.entries(kinds)) assert.equal(value("gantry_tokens_total", { kind, model }), count);
  assert.equal(value("gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "input" }), 3210);
  assert.equal(value("gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "output" }), 5);
  const bucket = { ...genAi, gen_ai_token_type: "input" };
  assert.equal(value("gen_ai_client_token_usage_bucket", { ...bucket, le: "1024" }), 0);
  assert.equal(value("gen_ai_client_token_usage_bucket", { ...bucket, le: "4096" }), 1);
  assert.equal(value("gen_ai_client_operation_duration_seconds_sum", genAi), 1.5);
  assert.equal(value("gen_ai_server_time_to_first_token_seconds_sum", genAi), 0.25);
});

test("the histograms have the bounds of the conventions", () => {
  const { bounds } = instruments.tokenUsage;
  assert.deepEqual([bounds[0], bounds[1], bounds.at(-1), bounds.length], [1, 4, 67_108_864, 14]);
  const durations = instruments.operationDuration.bounds;
  assert.deepEqual([durations[0], durations.at(-1), durations.length], [0.01, 81.92, 14]);
});

test("a failure has its kind, an unpriced request no cost, and a hit of the cache no tokens and no times", async () => {
  const metrics = createTestMetrics();
  metrics.requestSettled({ ...settledRequest, outcome: "failed", costMicros: null, firstTokenMs: null });
  metrics.requestSettled({ ...settledRequest, outcome: "cached", costMicros: 0 });
  const { value, samples } = await read(metrics);
  assert.equal(value("gen_ai_client_operation_duration_seconds_count", { ...genAi, error_type: "failed" }), 1);
  assert.equal(value("gantry_unpriced_requests_total", { model }), 1);
  assert.equal(value("gantry_cost_micros_total", { model }), undefined);
  assert.equal(samples.filter(({ name }) => name.startsWith("gen_ai_server_time_to_first_token")).length, 0);
  assert.equal(value("gantry_requests_total", { outcome: "cached", model, driver: "claude" }), 1);
  assert.equal(value("gantry_tokens_total", { kind: "output", model }), 5);
});

test("gauges are read when somebody asks", async () => {
  let busy = 1;
  let circuit: "closed" | "open" = "closed";
  const metrics = createTestMetrics({
    status: () => ({
      processes: { busy, holding: 0, clean: 0, spare: 0, starting: 0, limit: 9 },
      queue: { length: busy * 2, limit: 64 },
    }),
    circuit: () => circuit,
  });
  assert.equal((await read(metrics)).value("gantry_pool_processes", { state: "busy" }), 1);
  busy = 3;
  circuit = "open";
  const { value } = await read(metrics);
  assert.equal(value("gantry_pool_processes", { state: "busy" }), 3);
  assert.equal(value("gantry_pool_processes", { state: "limit" }), undefined);
  assert.equal(value("gantry_pool_processes_limit"), 9);
  assert.equal(value("gantry_queue_length"), 6);
  assert.equal(value("gantry_upstream_circuit", { state: "open" }), 1);
  assert.equal(value("gantry_upstream_circuit", { state: "closed" }), 0);
  assert.equal(value("nodejs_eventloop_delay_seconds", { quantile: "0.99" }), 0.012);
  assert.ok((value("process_resident_memory_bytes") ?? 0) > 1_000_000);
});

test("orphans are counted from nought on", async () => {
  const metrics = createTestMetrics();
  assert.equal((await read(metrics)).value("gantry_orphans_total"), 0);
  metrics.orphansSwept(3);
  assert.equal((await read(metrics)).value("gantry_orphans_total"), 3);
});

test("clients cannot add figures by asking for models of ever new names", async () => {
  const metrics = createTestMetrics();
  metrics.requestSettled({ ...settledRequest, model: "first" });
  const before = (await read(metrics)).samples.length;
  for (let index = 0; index < 1000; index += 1) {
    metrics.requestSettled({ ...settledRequest, model: `model-${index}"} injected 1\n` });
  }
  const { samples, value } = await read(metrics);
  assert.equal(samples.length, before);
  assert.equal(value("gantry_requests_total", { outcome: "completed", model: "other", driver: "claude" }), 1001);
});

test("no figure is told apart by key or project", () => {
  const labels = Object.values(instruments).flatMap(({ attributes }): readonly string[] => attributes);
  assert.deepEqual(
    labels.filter((label) => /key|project|user|id$|address/.test(label)),
    [],
  );
});

test("a figure that is no amount is dropped and harms nobody", async () => {
  const metrics = createTestMetrics();
  for (const wrong of [NaN, Infinity, -1]) {
    metrics.requestSettled({ ...settledRequest, costMicros: wrong, latencyMs: wrong });
    metrics.storeAnswered("settle", wrong);
    metrics.orphansSwept(wrong);
  }
  const { value } = await read(metrics);
  assert.equal(value("gantry_requests_total", { outcome: "completed", model, driver: "claude" }), 3);
  assert.equal(value("gantry_cost_micros_total", { model }), undefined);
});

test("two servers in one process keep their figures apart", async () => {
  const [one, other] = [createTestMetrics(), createTestMetrics()];
  one.orphansSwept(1);
  assert.equal((await read(other)).value("gantry_orphans_total"), 0);
});
