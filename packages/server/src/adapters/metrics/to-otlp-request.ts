import type { HistogramPoint, InstrumentSnapshot, NumberPoint } from "./create-instrument-board.ts";

/** Who exports: the attributes of the OpenTelemetry resource, `service.name` among them. */
export type OtlpResource = Readonly<Record<string, string>>;

/** The time in which the figures were gathered, in epoch milliseconds. */
export interface OtlpPeriod {
  readonly from: number;
  readonly to: number;
}

/**
 * The body of an OTLP metrics request in its JSON form (opentelemetry-proto 1.x, `ExportMetricsServiceRequest`): 64-bit
 * integers are strings, enumerations numbers. Figures are cumulative, so that one lost request loses nothing.
 */
export function toOtlpRequest(
  snapshots: readonly InstrumentSnapshot[],
  resource: OtlpResource,
  { from, to }: OtlpPeriod,
): unknown {
  const times = { startTimeUnixNano: toNanoseconds(from), timeUnixNano: toNanoseconds(to) };
  const metrics = snapshots
    .filter(({ points, histograms }) => points.length + histograms.length > 0)
    .map((snapshot) => toMetric(snapshot, times));
  return {
    resourceMetrics: [
      { resource: { attributes: toAttributes(resource) }, scopeMetrics: [{ scope: { name: "gantry" }, metrics }] },
    ],
  };
}

type Times = Readonly<Record<"startTimeUnixNano" | "timeUnixNano", string>>;

const cumulative = 2;

function toMetric({ instrument, points, histograms }: InstrumentSnapshot, times: Times) {
  const { name, unit, help, kind, bounds = [] } = instrument;
  const head = { name, unit, description: help };
  switch (kind) {
    case "gauge":
      return { ...head, gauge: { dataPoints: points.map((point) => toNumber(point, times)) } };
    case "counter": {
      const dataPoints = points.map((point) => toNumber(point, times));
      return { ...head, sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints } };
    }
    case "histogram": {
      const dataPoints = histograms.map((point) => toHistogram(point, bounds, times));
      return { ...head, histogram: { aggregationTemporality: cumulative, dataPoints } };
    }
  }
}

function toNumber({ attributes, value }: NumberPoint, times: Times) {
  return { attributes: toAttributes(attributes), ...times, asDouble: value };
}

function toHistogram({ attributes, count, sum, buckets }: HistogramPoint, bounds: readonly number[], times: Times) {
  return {
    attributes: toAttributes(attributes),
    ...times,
    count: String(count),
    sum,
    bucketCounts: buckets.map(String),
    explicitBounds: bounds,
  };
}

function toAttributes(attributes: Readonly<Record<string, string>>) {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function toNanoseconds(epochMs: number): string {
  return `${Math.floor(epochMs)}000000`;
}
