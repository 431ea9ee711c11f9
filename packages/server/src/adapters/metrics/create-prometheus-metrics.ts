import type { GaugeSources, Metrics, MetricsText, SettledRequest } from "../../core/ports/metrics.ts";
import { createInstrumentBoard, type InstrumentBoard, type InstrumentSnapshot } from "./create-instrument-board.ts";
import { instruments } from "./instruments.ts";

export interface PrometheusMetricsParts {
  readonly sources: GaugeSources;
  /** Whether an id of a model is one of those that are served; all others are counted as `other`. */
  isKnownModel(model: string): boolean;
  /** What the conventions call the provider behind a driver, such as `anthropic` behind `claude`. */
  readonly providers: Readonly<Record<string, string>>;
}

export interface PrometheusMetrics extends Metrics {
  /** What a Prometheus server scrapes. */
  readonly text: MetricsText;
  /** The same figures as data. */
  snapshot(): Promise<readonly InstrumentSnapshot[]>;
}

const millisecondsPerSecond = 1000;

/** Keeps the figures of one server in a registry of its own; nothing is global. */
export function createPrometheusMetrics({
  sources,
  isKnownModel,
  providers,
}: PrometheusMetricsParts): PrometheusMetrics {
  const board = createInstrumentBoard();
  const noteRequest = createRequestNotes(board);
  const refusals = board.counter(instruments.refusals);
  const httpDuration = board.histogram(instruments.httpDuration);
  const storeLatency = board.histogram(instruments.storeLatency);
  const orphans = board.counter(instruments.orphans);
  addPoolGauges(board, sources);
  addProcessGauges(board, sources);

  return {
    requestSettled(request) {
      const model = isKnownModel(request.model) ? request.model : "other";
      noteRequest(request, model, providers[request.driver] ?? request.driver);
    },
    refused: (code) => refusals(1, { code }),
    httpAnswered: (route, status, ms) => httpDuration(ms / millisecondsPerSecond, { route, status }),
    orphansSwept: (processes) => orphans(processes, {}),
    storeAnswered: (operation, ms) => storeLatency(ms / millisecondsPerSecond, { operation }),
    text: board.text,
    snapshot: () => board.snapshot(),
  };
}

/** Outcomes that are no fault; a request that was cut at its own bound was answered as it asked. */
const faultless = new Set<SettledRequest["outcome"]>(["completed", "cut", "cancelled"]);

function createRequestNotes(board: InstrumentBoard) {
  const requests = board.counter(instruments.requests);
  const tokens = board.counter(instruments.tokens);
  const cost = board.counter(instruments.cost);
  const unpriced = board.counter(instruments.unpriced);
  const tokenUsage = board.histogram(instruments.tokenUsage);
  const duration = board.histogram(instruments.operationDuration);
  const firstToken = board.histogram(instruments.timeToFirstToken);

  return (request: SettledRequest, model: string, provider: string): void => {
    const { outcome, driver } = request;
    requests(1, { outcome, model, driver });
    // An answer out of the cache is no operation of a model: it took no tokens, and its times would flatter the others.
    if (outcome === "cached") return;
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = request.tokens;
    tokens(inputTokens, { kind: "input", model });
    tokens(cacheReadTokens, { kind: "cache_read", model });
    tokens(cacheWriteTokens, { kind: "cache_write", model });
    tokens(outputTokens, { kind: "output", model });
    if (request.costMicros === null) unpriced(1, { model });
    else cost(request.costMicros, { model });

    const common = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": model,
    };
    const input = inputTokens + cacheReadTokens + cacheWriteTokens;
    tokenUsage(input, { ...common, "gen_ai.token.type": "input" });
    tokenUsage(outputTokens, { ...common, "gen_ai.token.type": "output" });
    const error = faultless.has(outcome) ? {} : { "error.type": outcome };
    duration(request.latencyMs / millisecondsPerSecond, { ...common, ...error });
    if (request.firstTokenMs !== null) firstToken(request.firstTokenMs / millisecondsPerSecond, common);
  };
}

function addPoolGauges(board: InstrumentBoard, sources: GaugeSources): void {
  board.observe(instruments.poolProcesses, () => {
    const { limit: _limit, ...processes } = sources.status().processes;
    return Object.entries(processes).map(([state, value]) => ({ value, attributes: { state } }));
  });
  board.observe(instruments.poolLimit, () => [{ value: sources.status().processes.limit, attributes: {} }]);
  board.observe(instruments.queueLength, () => [{ value: sources.status().queue.length, attributes: {} }]);
  board.observe(instruments.queueLimit, () => [{ value: sources.status().queue.limit, attributes: {} }]);
  board.observe(instruments.circuit, () => {
    const now = sources.circuit();
    return ["closed", "open", "half_open"].map((state) => ({ value: state === now ? 1 : 0, attributes: { state } }));
  });
}

/** Only what costs next to nothing to read: a scrape must not be felt. */
function addProcessGauges(board: InstrumentBoard, sources: GaugeSources): void {
  board.observe(instruments.eventLoopDelay, () => {
    const { p50, p99, max } = sources.eventLoopDelay();
    const quantiles = { "0.5": p50, "0.99": p99, "1": max };
    return Object.entries(quantiles).map(([quantile, ms]) => ({
      value: ms / millisecondsPerSecond,
      attributes: { quantile },
    }));
  });
  board.observe(instruments.cpuTime, () => {
    const { user, system } = process.cpuUsage();
    return [{ value: (user + system) / 1_000_000, attributes: {} }];
  });
  board.observe(instruments.memory, () => [{ value: process.memoryUsage.rss(), attributes: {} }]);
  board.observe(instruments.heap, () => [{ value: process.memoryUsage().heapUsed, attributes: {} }]);
}
