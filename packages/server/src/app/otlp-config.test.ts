import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { readOtlpConfig } from "./otlp-config.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
const urlOf = (env: Record<string, string>) => readOtlpConfig(env).otlp?.target.reveal().url;

test("nothing is exported unless an endpoint is set", () => {
  assert.deepEqual(readOtlpConfig({}), { otlp: undefined, warnings: [] });
  assert.deepEqual(readOtlpConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: " ", OTEL_SERVICE_NAME: "x" }).otlp, undefined);
});

test("with the endpoint alone all else is what OpenTelemetry says", () => {
  const { otlp, warnings } = readOtlpConfig(endpoint);
  assert.ok(otlp);
  assert.deepEqual(otlp.target.reveal(), { url: "http://collector:4318/v1/metrics", headers: {} });
  assert.equal(otlp.intervalMs, 60_000);
  assert.equal(otlp.timeoutMs, 10_000);
  assert.deepEqual(otlp.resource, { "service.name": "gantry" });
  assert.deepEqual(warnings, []);
});

test("the common endpoint gets the path of the metrics, the one for metrics is used as it is", () => {
  assert.equal(urlOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://host/otlp/" }), "https://host/otlp/v1/metrics");
  const own = { ...endpoint, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "https://other/in?key=1" };
  assert.equal(urlOf(own), "https://other/in?key=1");
});

test("headers are decoded, those for metrics go before the others, and nothing shows them", () => {
  const env = {
    ...endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: "Api-Key=sesame%2C1, x = y=z ,",
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: "api-key=open",
  };
  const { otlp, warnings } = readOtlpConfig(env);
  assert.deepEqual(otlp?.target.reveal().headers, { "api-key": "open", x: "y=z" });
  assert.deepEqual(warnings, []);
  const shown = inspect(otlp, { depth: null }) + JSON.stringify(otlp);
  assert.doesNotMatch(shown, /open|collector/);
});

test("names, attributes and times are taken over", () => {
  const { otlp } = readOtlpConfig({
    ...endpoint,
    OTEL_SERVICE_NAME: "gate",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=no,deployment.environment.name=a%20b",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
    OTEL_METRIC_EXPORT_TIMEOUT: "3000",
    OTEL_EXPORTER_OTLP_TIMEOUT: "9000",
    OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "4000",
  });
  assert.deepEqual(otlp?.resource, { "service.name": "gate", "deployment.environment.name": "a b" });
  assert.equal(otlp?.intervalMs, 5000);
  assert.equal(otlp?.timeoutMs, 3000);
});

test("it can be switched off as a whole or for metrics", () => {
  for (const off of [{ OTEL_SDK_DISABLED: "TRUE" }, { OTEL_METRICS_EXPORTER: "none" }]) {
    assert.deepEqual(readOtlpConfig({ ...endpoint, ...off }), { otlp: undefined, warnings: [] });
  }
  assert.ok(readOtlpConfig({ ...endpoint, OTEL_METRICS_EXPORTER: "prometheus, otlp" }).otlp);
});

test("what cannot be honoured is a warning that names the variable and shows no value", () => {
  const cases: readonly [Record<string, string>, name: string, exported: boolean][] = [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT", false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://user:sesame@host" }, "OTEL_EXPORTER_OTLP_ENDPOINT", false],
    [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "sesame" }, "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", false],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL", false],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "sesame" }, "OTEL_EXPORTER_OTLP_HEADERS", true],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=%sesame" }, "OTEL_EXPORTER_OTLP_HEADERS", true],
    [{ OTEL_EXPORTER_OTLP_HEADERS: "a=sesame%0Ab:1" }, "OTEL_EXPORTER_OTLP_HEADERS", true],
    [{ OTEL_RESOURCE_ATTRIBUTES: "sesame" }, "OTEL_RESOURCE_ATTRIBUTES", true],
    [{ OTEL_METRIC_EXPORT_INTERVAL: "0" }, "OTEL_METRIC_EXPORT_INTERVAL", true],
    [{ OTEL_EXPORTER_OTLP_TIMEOUT: "sesame" }, "OTEL_EXPORTER_OTLP_TIMEOUT", true],
    [
      { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta" },
      "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE",
      true,
    ],
  ];
  for (const [env, name, exported] of cases) {
    const { otlp, warnings } = readOtlpConfig({ ...endpoint, ...env });
    assert.equal(warnings.length, 1, name);
    assert.ok(warnings[0]?.startsWith(`${name}: `), warnings[0]);
    assert.doesNotMatch(warnings[0] ?? "", /sesame/);
    assert.equal(otlp !== undefined, exported, name);
  }
});
