/**
 * Every figure, once. Names, units and attributes are those of OpenTelemetry; the GenAI ones follow its conventions for
 * generative AI, of which the status is still "development". The names for Prometheus are made from them by
 * OpenTelemetry's own rules, so that a scrape and an export through a collector show the same.
 */
export interface Instrument<Attribute extends string = string> {
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** In UCUM's letters: `s`, `By`, or a remark in braces. */
  readonly unit: string;
  readonly help: string;
  /** Each has few values, whatever the clients do: keys, projects and addresses are none. */
  readonly attributes: readonly Attribute[];
  /** Upper bounds of a histogram, ascending. */
  readonly bounds?: readonly number[];
  /** The name that dashboards for Prometheus know, where it is another. */
  readonly prometheusName?: string;
}

const tokenBounds = Array.from({ length: 14 }, (_, power) => 4 ** power);
const durationBounds = Array.from({ length: 14 }, (_, power) => 2 ** power / 100);
const firstTokenBounds = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const storeBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const httpBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

const genAi = ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"] as const;

export const instruments = {
  tokenUsage: {
    name: "gen_ai.client.token.usage",
    kind: "histogram",
    unit: "{token}",
    help: "Tokens of one model request; the input holds what was read from and written to the provider's cache.",
    attributes: [...genAi, "gen_ai.token.type"],
    bounds: tokenBounds,
  },
  operationDuration: {
    name: "gen_ai.client.operation.duration",
    kind: "histogram",
    unit: "s",
    help: "From the request to the end of its answer.",
    attributes: [...genAi, "error.type"],
    bounds: durationBounds,
  },
  timeToFirstToken: {
    name: "gen_ai.server.time_to_first_token",
    kind: "histogram",
    unit: "s",
    help: "From the request to the first token of its answer.",
    attributes: genAi,
    bounds: firstTokenBounds,
  },
  requests: {
    name: "gantry.requests",
    kind: "counter",
    unit: "{request}",
    help: "Settled model requests by how they ended.",
    attributes: ["outcome", "model", "driver"],
  },
  tokens: {
    name: "gantry.tokens",
    kind: "counter",
    unit: "{token}",
    help: "Billed tokens by kind; the kinds do not overlap.",
    attributes: ["kind", "model"],
  },
  cost: {
    name: "gantry.cost.micros",
    kind: "counter",
    unit: "{micro_usd}",
    help: "Cost in millionths of a US dollar, of the requests that have a price.",
    attributes: ["model"],
  },
  unpriced: {
    name: "gantry.unpriced.requests",
    kind: "counter",
    unit: "{request}",
    help: "Requests without a price: their cost is in no sum.",
    attributes: ["model"],
  },
  refusals: {
    name: "gantry.refusals",
    kind: "counter",
    unit: "{request}",
    help: "Requests that were answered with an error, by its code.",
    attributes: ["code"],
  },
  httpDuration: {
    name: "gantry.http.request.duration",
    kind: "histogram",
    unit: "s",
    help: "From the head of a request to the end of its answer, by route and class of status.",
    attributes: ["route", "status"],
    bounds: httpBounds,
  },
  storeLatency: {
    name: "gantry.store.latency",
    kind: "histogram",
    unit: "s",
    help: "Durable calls of the store, waiting for their turn included.",
    attributes: ["operation"],
    bounds: storeBounds,
  },
  orphans: {
    name: "gantry.orphans",
    kind: "counter",
    unit: "{process}",
    help: "Processes left behind by dead servers, and ended by this one.",
    attributes: [],
  },
  poolProcesses: {
    name: "gantry.pool.processes",
    kind: "gauge",
    unit: "{process}",
    help: "Agent processes by what they are doing.",
    attributes: ["state"],
  },
  poolLimit: {
    name: "gantry.pool.processes.limit",
    kind: "gauge",
    unit: "{process}",
    help: "Most agent processes at one time.",
    attributes: [],
  },
  queueLength: {
    name: "gantry.queue.length",
    kind: "gauge",
    unit: "{request}",
    help: "Requests that wait for a process.",
    attributes: [],
  },
  queueLimit: {
    name: "gantry.queue.limit",
    kind: "gauge",
    unit: "{request}",
    help: "Requests that may wait for a process.",
    attributes: [],
  },
  circuit: {
    name: "gantry.upstream.circuit",
    kind: "gauge",
    unit: "{state}",
    help: "1 for the state that the circuit breaker of the upstream is in, 0 for the others.",
    attributes: ["state"],
  },
  eventLoopDelay: {
    name: "nodejs.eventloop.delay",
    kind: "gauge",
    unit: "s",
    help: "How late the event loop was since the figures were last read, or in the last ten seconds.",
    attributes: ["quantile"],
  },
  cpuTime: {
    name: "process.cpu.time",
    prometheusName: "process_cpu_seconds_total",
    kind: "counter",
    unit: "s",
    help: "Processor time of the server itself, without its agent processes.",
    attributes: [],
  },
  memory: {
    name: "process.memory.usage",
    prometheusName: "process_resident_memory_bytes",
    kind: "gauge",
    unit: "By",
    help: "Resident memory of the server itself, without its agent processes.",
    attributes: [],
  },
  heap: {
    name: "v8js.memory.heap.used",
    prometheusName: "nodejs_heap_size_used_bytes",
    kind: "gauge",
    unit: "By",
    help: "Heap of the server in use.",
    attributes: [],
  },
} as const satisfies Record<string, Instrument>;

/** The names of an instrument's attributes. */
export type AttributeOf<Chosen extends Instrument> = Chosen["attributes"][number];

const unitSuffixes: Readonly<Record<string, string>> = { s: "_seconds", By: "_bytes" };

export function toPrometheusName({ name, kind, unit, prometheusName }: Instrument): string {
  const suffix = `${unitSuffixes[unit] ?? ""}${kind === "counter" ? "_total" : ""}`;
  return prometheusName ?? `${toLabelName(name)}${suffix}`;
}

export function toLabelName(attribute: string): string {
  return attribute.replaceAll(".", "_");
}
