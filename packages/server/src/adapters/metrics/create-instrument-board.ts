import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { MetricsText } from "../../core/ports/metrics.ts";
import { type AttributeOf, type Instrument, toLabelName, toPrometheusName } from "./instruments.ts";

/** A missing attribute is left out of the figure's labels. */
type Attributes<Chosen extends Instrument> = Readonly<Partial<Record<AttributeOf<Chosen>, string>>>;

/** Adds to a counter, or puts a value into a histogram. What is no amount is dropped. */
export type Note<Chosen extends Instrument> = (value: number, attributes: Attributes<Chosen>) => void;

export interface Reading<Chosen extends Instrument> {
  readonly value: number;
  readonly attributes: Attributes<Chosen>;
}

/** All figures of one server, kept by `prom-client`; the only file that knows it. */
export interface InstrumentBoard {
  counter<Chosen extends Instrument>(instrument: Chosen): Note<Chosen>;
  histogram<Chosen extends Instrument>(instrument: Chosen): Note<Chosen>;
  /** A gauge, or a counter that is kept elsewhere: read each time the figures are asked for. */
  observe<Chosen extends Instrument>(instrument: Chosen, read: () => readonly Reading<Chosen>[]): void;
  readonly text: MetricsText;
  snapshot(): Promise<readonly InstrumentSnapshot[]>;
}

/** The figures of one instrument at one time, under its attributes' own names. */
export interface InstrumentSnapshot {
  readonly instrument: Instrument;
  readonly points: readonly NumberPoint[];
  readonly histograms: readonly HistogramPoint[];
}

export interface NumberPoint {
  readonly attributes: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface HistogramPoint {
  readonly attributes: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  /** How many fell under each of the instrument's bounds and above the one before, and then how many above the last. */
  readonly buckets: readonly number[];
}

interface Kept {
  readonly instrument: Instrument;
  readonly metric: Counter | Gauge | Histogram;
}

export function createInstrumentBoard(): InstrumentBoard {
  const registry = new Registry();
  const kept: Kept[] = [];
  const keep = <Metric extends Kept["metric"]>(instrument: Instrument, metric: Metric): Metric => {
    kept.push({ instrument, metric });
    return metric;
  };

  return {
    counter(instrument) {
      const counter = keep(instrument, new Counter(toSettings(instrument, registry)));
      const toLabels = createLabels(instrument);
      return (value, attributes) => {
        if (isAmount(value)) counter.inc(toLabels(attributes), value);
      };
    },
    histogram(instrument) {
      const buckets = [...(instrument.bounds ?? [])];
      const histogram = keep(instrument, new Histogram({ ...toSettings(instrument, registry), buckets }));
      const toLabels = createLabels(instrument);
      return (value, attributes) => {
        if (isAmount(value)) histogram.observe(toLabels(attributes), value);
      };
    },
    observe(instrument, read) {
      const toLabels = createLabels(instrument);
      const Kind = instrument.kind === "counter" ? Counter : Gauge;
      const metric = new Kind({
        ...toSettings(instrument, registry),
        collect() {
          metric.reset();
          for (const { value, attributes } of read()) metric.inc(toLabels(attributes), isAmount(value) ? value : 0);
        },
      });
      keep(instrument, metric);
    },
    text: { contentType: registry.contentType, read: () => registry.metrics() },
    snapshot: () => Promise.all(kept.map(readSnapshot)),
  };
}

function toSettings(instrument: Instrument, registry: Registry) {
  return {
    name: toPrometheusName(instrument),
    help: instrument.help,
    labelNames: instrument.attributes.map(toLabelName),
    registers: [registry],
  };
}

/** Names the attributes as labels; the names are made once, since figures are noted many times for each request. */
function createLabels({ attributes: names }: Instrument) {
  const pairs = names.map((name) => [name, toLabelName(name)] as const);
  return (attributes: Readonly<Record<string, string | undefined>>): Record<string, string> => {
    const labels: Record<string, string> = {};
    for (const [name, label] of pairs) {
      const value = attributes[name];
      if (value !== undefined) labels[label] = value;
    }
    return labels;
  };
}

/** A figure that is wrong is a lesser harm than a request that fails for it. */
function isAmount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

async function readSnapshot({ instrument, metric }: Kept): Promise<InstrumentSnapshot> {
  const toAttributes = (labels: Labels) => readAttributes(instrument, labels);
  if (!(metric instanceof Histogram)) {
    const { values } = await metric.get();
    const points = values.map(({ value, labels }) => ({ attributes: toAttributes(labels), value }));
    return { instrument, points, histograms: [] };
  }
  const { values } = await metric.get();
  const histograms = new Map<string, { attributes: Record<string, string>; cumulative: number[]; sum: number }>();
  for (const { metricName, value, labels } of values) {
    const attributes = toAttributes(labels);
    const key = JSON.stringify(attributes);
    const found = histograms.get(key) ?? { attributes, cumulative: [], sum: 0 };
    histograms.set(key, found);
    // The library gives the buckets of one set of labels in the order of their bounds, the endless one last.
    if (metricName?.endsWith("_bucket") === true) found.cumulative.push(value);
    else if (metricName?.endsWith("_sum") === true) found.sum = value;
  }
  return { instrument, points: [], histograms: [...histograms.values()].map(toHistogramPoint) };
}

type Labels = Readonly<Partial<Record<string, string | number>>>;

function readAttributes({ attributes }: Instrument, labels: Labels): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of attributes) {
    const value = labels[toLabelName(name)];
    if (value !== undefined) found[name] = String(value);
  }
  return found;
}

function toHistogramPoint(found: { attributes: Record<string, string>; cumulative: readonly number[]; sum: number }) {
  const { attributes, cumulative, sum } = found;
  const buckets = cumulative.map((count, index) => count - (cumulative[index - 1] ?? 0));
  return { attributes, sum, count: cumulative.at(-1) ?? 0, buckets };
}
