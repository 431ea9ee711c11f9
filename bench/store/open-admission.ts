import { openMetrics } from "../../packages/server/src/app/open-metrics.ts";
import { openAdminKey } from "../../packages/server/src/app/admin-key.ts";
import { readConfig } from "../../packages/server/src/app/config.ts";
import { createLog } from "../../packages/server/src/app/log.ts";
import { openControlPlane } from "../../packages/server/src/app/open-control-plane.ts";
import { createTimedLedger } from "../../packages/server/src/core/budgets/create-timed-ledger.ts";
import { createInMemoryRateLimiter } from "../../packages/server/src/core/budgets/in-memory-rate-limiter.ts";
import { createUpstreamGuard } from "../../packages/server/src/core/upstreams/upstream-guard.ts";
import type { RateLimiter } from "../../packages/server/src/core/ports/rate-limiter.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { checkBooks } from "./check-books.ts";
import { createTenant } from "./create-tenant.ts";
import { createInstantCompletions, instantCostMicros, instantUsage } from "./instant-completions.ts";
import type { StoreBench } from "./store-bench.ts";

/** The way of a request up to where its turn would begin, as the server is wired. */
export interface Admission {
  /** Sends one request through and settles it. Resolves with what lay before its turn. */
  runRequest(): Promise<AdmissionTimes>;
  check(): Promise<void>;
  stop(): Promise<void>;
}

/** In milliseconds. */
export interface AdmissionTimes {
  /** Key check, scope, choice of the model, estimate, limits, budgets. */
  readonly whole: number;
  /** Of that, the key. */
  readonly key: number;
}

/** More than any run asks for: the limits are counted at every request, and never refuse. */
const limits = { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrent: 1_000 };
/** Nothing of the environment, so that everybody measures the same server. */
const noSources = { flags: {}, env: {}, cwd: "/", machine: { memoryBytes: 0, cores: 1 } };

/** Told of how many milliseconds a part of a request took. */
export type NotePart = (part: "limits" | "reservation", ms: number) => void;

export async function openAdmission(bench: StoreBench, store: Store, note: NotePart): Promise<Admission> {
  const { clock } = bench;
  const tenant = await createTenant(store, clock, limits);
  const config = readConfig(noSources);
  const log = createLog("warn");
  const completions = createInstantCompletions();
  const guard = createUpstreamGuard(clock);
  const status = () => completions.status();
  const figures = openMetrics({ config, clock, log, status, circuit: () => guard.state });
  const ledger = createTimedLedger(store.ledger, clock, (operation, ms) => {
    if (operation === "reserve") note("reservation", ms);
  });
  const rates = createTimedRates(store.rates ?? createInMemoryRateLimiter(), (ms) => note("limits", ms));
  const plane = openControlPlane({
    config,
    store: { ...store, ledger, rates },
    adminKey: await openAdminKey(await bench.createFolder()),
    completions,
    guardOf: () => guard,
    metrics: figures.metrics,
    driver: "claude",
    clock,
    log,
  });
  let begun = 0;
  let settled = 0;

  return {
    async runRequest() {
      begun += 1;
      const requestId = `req_${String(begun).padStart(32, "0")}`;
      const startedAt = performance.now();
      const principal = await plane.identifier.identify(tenant.key);
      const knownAt = performance.now();
      if (principal === undefined) throw new Error(`${store.kind}: the key of the bench is not known`);
      const answer = await plane.completions.complete({
        requestId,
        principal,
        completion: question,
        address: "192.0.2.1",
        payloadDigest: null,
        signal: new AbortController().signal,
      });
      const times = { whole: performance.now() - startedAt, key: knownAt - startedAt };
      for await (const event of answer.events) {
        if (event.type === "answer.failed") throw new Error(`${store.kind}: ${event.error.message}`);
      }
      settled += 1;
      return times;
    },
    check() {
      const tokens = settled * (instantUsage.inputTokens + instantUsage.outputTokens);
      return checkBooks(store, clock, tenant, { requests: settled, micros: settled * instantCostMicros, tokens });
    },
    async stop() {
      await plane.stop();
      await figures.stop();
    },
  };
}

function createTimedRates(rates: RateLimiter, note: (ms: number) => void): RateLimiter {
  return {
    async take(keyId, limitsOfKey, tokens, now) {
      const begun = performance.now();
      const outcome = await rates.take(keyId, limitsOfKey, tokens, now);
      note(performance.now() - begun);
      return outcome;
    },
    correct: (keyId, limitsOfKey, tokens, now) => rates.correct(keyId, limitsOfKey, tokens, now),
  };
}

const question = {
  model: "sonnet",
  system: "You answer briefly.",
  messages: [{ role: "user", content: [{ type: "text", text: "How many days has a leap year?" }] }],
  sampling: { maxOutputTokens: 500 },
} as const;
