import { randomUUID } from "node:crypto";
import { createEventLoopWatch } from "../adapters/metrics/create-event-loop-watch.ts";
import { createOtlpExporter } from "../adapters/metrics/create-otlp-exporter.ts";
import { createPrometheusMetrics, type PrometheusMetrics } from "../adapters/metrics/create-prometheus-metrics.ts";
import type { CompletionServiceStatus } from "../core/completions/completion-service.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { GaugeSources } from "../core/ports/metrics.ts";
import type { Config } from "./config.ts";
import { readGantryVersion } from "./version.ts";

export interface OpenMetricsParts {
  readonly config: Pick<Config, "otlp">;
  readonly clock: Clock;
  readonly log: Log;
  /** Asked when figures are read, and for the name of each request's model. */
  status(): CompletionServiceStatus;
  readonly circuit: GaugeSources["circuit"];
}

export interface OpenMetrics {
  readonly metrics: PrometheusMetrics;
  /** Exports once more, where figures are exported, within two seconds. May be called twice. */
  stop(): Promise<void>;
}

/** Builds the metrics with what they watch, and exports them where the environment asks for it. */
export function openMetrics({ config, clock, log, status, circuit }: OpenMetricsParts): OpenMetrics {
  const eventLoop = createEventLoopWatch(clock);
  const metrics = createPrometheusMetrics({
    sources: { status, circuit, eventLoopDelay: eventLoop.read },
    isKnownModel: (model) => status().models.includes(model),
    providers: { claude: "anthropic" },
  });
  const { otlp } = config;
  const exporter = otlp && startExport(otlp, metrics, clock, log);
  return {
    metrics,
    async stop() {
      await exporter?.stop();
      eventLoop.stop();
    },
  };
}

function startExport(otlp: NonNullable<Config["otlp"]>, metrics: PrometheusMetrics, clock: Clock, log: Log) {
  // Servers behind one name are told apart by their instance, or their figures would be added up as one.
  const instance = { "service.version": readGantryVersion(), "service.instance.id": randomUUID() };
  return createOtlpExporter({
    target: otlp.target.reveal(),
    resource: { ...instance, ...otlp.resource },
    intervalMs: otlp.intervalMs,
    timeoutMs: otlp.timeoutMs,
    snapshot: metrics.snapshot,
    clock,
    log,
    random: Math.random,
  });
}
