import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { createOtlpExporter, type OtlpExporterParts } from "./create-otlp-exporter.ts";
import { startTestCollector, type CollectorAnswer } from "./test-collector.ts";
import { createTestMetrics, settledRequest } from "./test-metrics.ts";

function createTestLog() {
  const lines: string[] = [];
  const note =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  return { log, lines };
}

function startExporter(url: string, more: Partial<OtlpExporterParts> = {}) {
  const { log, lines } = createTestLog();
  const metrics = createTestMetrics();
  const exporter = createOtlpExporter({
    target: { url, headers: { "api-key": "sesame" } },
    resource: { "service.name": "gantry" },
    intervalMs: 5,
    timeoutMs: 10_000,
    snapshot: metrics.snapshot,
    clock: systemClock,
    log,
    random: () => 0,
    ...more,
  });
  return { exporter, metrics, lines };
}

/** A collector that answers as told, and an exporter that sends to it. */
async function startBoth(answer?: (index: number) => CollectorAnswer | undefined, more?: Partial<OtlpExporterParts>) {
  const collector = await startTestCollector(answer);
  const started = startExporter(`${collector.url}/v1/metrics`, more);
  const stop = async (): Promise<void> => {
    await started.exporter.stop();
    await collector.stop();
  };
  return { ...started, collector, stop };
}

interface SentPoint {
  readonly attributes: readonly { readonly key: string }[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly asDouble?: number;
  readonly count?: string;
  readonly sum?: number;
  readonly bucketCounts?: readonly string[];
  readonly explicitBounds?: readonly number[];
}

interface SentMetric {
  readonly name: string;
  readonly unit: string;
  readonly [kind: string]: unknown;
}

interface Sent {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: unknown };
    readonly scopeMetrics: readonly { readonly metrics: readonly SentMetric[] }[];
  }[];
}

/** What was sent; its parts are for the tests to check, the types only name what they look for. */
function readSent(body: string | undefined) {
  const [{ resource, scopeMetrics } = assert.fail("nothing was sent")] = (JSON.parse(body ?? "") as Sent)
    .resourceMetrics;
  const metrics = scopeMetrics[0]?.metrics ?? [];
  return {
    resource,
    metric: (name: string) => metrics.find((metric) => metric.name === name),
    points(name: string, kind: string): readonly SentPoint[] {
      const data = metrics.find((metric) => metric.name === name)?.[kind];
      return (data as { readonly dataPoints: readonly SentPoint[] } | undefined)?.dataPoints ?? assert.fail(name);
    },
  };
}

test("the figures reach a collector, with the headers and under the name that were set", async () => {
  const { collector, stop } = await startBoth(undefined, { intervalMs: 86_400_000 });
  await stop();
  const [call] = collector.calls;
  assert.equal(collector.calls.length, 1);
  assert.equal(call?.path, "/v1/metrics");
  assert.equal(call?.headers["content-type"], "application/json");
  assert.equal(call?.headers["api-key"], "sesame");
  const { attributes } = readSent(call?.body).resource;
  assert.deepEqual(attributes, [{ key: "service.name", value: { stringValue: "gantry" } }]);
});

test("each kind of figure has the form that OTLP has for it", async () => {
  const { metrics, collector, stop } = await startBoth(undefined, { intervalMs: 86_400_000 });
  metrics.requestSettled(settledRequest);
  metrics.orphansSwept(2);
  await stop();
  const { metric, points } = readSent(collector.calls[0]?.body);

  const { dataPoints: _points, ...sum } = Object(metric("gantry.orphans")?.["sum"]);
  assert.deepEqual(sum, { aggregationTemporality: 2, isMonotonic: true });
  const [orphans] = points("gantry.orphans", "sum");
  assert.equal(orphans?.asDouble, 2);
  assert.match(orphans?.startTimeUnixNano ?? "", /^\d{19}$/);
  assert.ok(BigInt(orphans?.timeUnixNano ?? 0) >= BigInt(orphans?.startTimeUnixNano ?? 1));

  const [input] = points("gen_ai.client.token.usage", "histogram");
  const bounds = input?.explicitBounds ?? [];
  assert.equal(metric("gen_ai.client.token.usage")?.unit, "{token}");
  assert.deepEqual([input?.count, input?.sum], ["1", 3210]);
  assert.deepEqual(input?.bucketCounts, [...bounds.map((bound) => (bound === 4096 ? "1" : "0")), "0"]);
  const keys = ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.token.type"];
  assert.deepEqual(
    input?.attributes.map(({ key }) => key),
    keys,
  );

  assert.equal(points("gantry.pool.processes", "gauge").length, 5);
  assert.equal(metric("gantry.refusals"), undefined, "an instrument without figures is sent");
});

test("figures are exported again and again, one export after the other", async () => {
  const { collector, stop } = await startBoth();
  await collector.untilCalled(3);
  await stop();
});

test("a collector that is busy is asked again when it says", async () => {
  const busy = { status: 503, headers: { "retry-after": "0" } };
  const { collector, lines, stop } = await startBoth((index) => (index === 0 ? busy : { status: 200 }), {
    intervalMs: 20,
  });
  await collector.untilCalled(2);
  assert.equal(collector.calls[0]?.body, collector.calls[1]?.body);
  await stop();
  assert.deepEqual(lines, []);
});

test("what a collector refuses is not sent again, and the log tells it once until it is over", async () => {
  const answers = [400, 400, 307, 200, 200];
  const { collector, lines, stop } = await startBoth((index) => ({
    status: answers[index] ?? 200,
    headers: { location: "/elsewhere" },
  }));
  await collector.untilCalled(6);
  await stop();
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /^warn .*HTTP 400/);
  assert.match(lines[1] ?? "", /^info .*again/);
  assert.ok(
    collector.calls.every(({ path }) => path === "/v1/metrics"),
    "a redirection was followed",
  );
});

test("a collector that keeps only a part is told of in the log", async () => {
  const body = '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"no"}}';
  const { collector, lines, stop } = await startBoth(() => ({ status: 200, body }));
  await collector.untilCalled(3);
  await stop();
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /refused 3 figures/);
});

test("a collector that never answers is given up in time, and holds up no stop", async () => {
  const { collector, lines, stop } = await startBoth(() => undefined, { timeoutMs: 30 });
  await collector.untilCalled(2);
  await stop();
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /did not answer in time/);
});

test("a collector that is gone is told of once, without its address and the headers", async () => {
  const collector = await startTestCollector();
  await collector.stop();
  let exports = 0;
  const enough = Promise.withResolvers<void>();
  const { exporter, lines } = startExporter(`${collector.url}/v1/metrics?key=sesame`, {
    timeoutMs: 100,
    snapshot: async () => {
      exports += 1;
      if (exports === 3) enough.resolve();
      return [];
    },
  });
  await enough.promise;
  await exporter.stop();
  await exporter.stop();
  assert.equal(exports, 4);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /cannot be reached \(ECONNREFUSED\)/);
  assert.doesNotMatch(lines.join("\n"), /sesame|127\.0\.0\.1/);
});

test("figures that cannot be read are told of and end nothing", async () => {
  const enough = Promise.withResolvers<void>();
  let reads = 0;
  const { exporter, lines } = startExporter("http://127.0.0.1:9", {
    snapshot: async () => {
      reads += 1;
      if (reads === 2) enough.resolve();
      throw new Error("no figures");
    },
  });
  await enough.promise;
  await exporter.stop();
  assert.match(lines[0] ?? "", /^error /);
});
