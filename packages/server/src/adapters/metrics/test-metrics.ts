import type { GaugeSources, SettledRequest } from "../../core/ports/metrics.ts";
import { createPrometheusMetrics } from "./create-prometheus-metrics.ts";

export const settledRequest: SettledRequest = {
  model: "claude-haiku-5-5",
  driver: "claude",
  outcome: "completed",
  tokens: { inputTokens: 10, cacheReadTokens: 200, cacheWriteTokens: 3000, outputTokens: 5 },
  costMicros: 42,
  latencyMs: 1500,
  firstTokenMs: 250,
};

const quiet: GaugeSources = {
  status: () => ({
    processes: { busy: 1, holding: 2, clean: 3, spare: 4, starting: 5, limit: 16 },
    queue: { length: 6, limit: 64 },
  }),
  circuit: () => "closed",
  eventLoopDelay: () => ({ p50: 0, p99: 12, max: 34 }),
};

/** For tests: metrics that know the one model above. */
export function createTestMetrics(sources: Partial<GaugeSources> = {}) {
  return createPrometheusMetrics({
    sources: { ...quiet, ...sources },
    isKnownModel: (model) => model === settledRequest.model,
    providers: { claude: "anthropic" },
  });
}
