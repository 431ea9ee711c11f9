import { randomUUID } from "node:crypto";
import { createOpenAiResponsesFormat } from "../adapters/wire/openai-responses/caller/openai-responses-format.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { ResponsesFormat } from "../core/ports/responses-format.ts";
import type { Store } from "../core/ports/store.ts";
import { createResponses, type Responses } from "../core/responses/create-response-service.ts";
import type { Config } from "./config.ts";

const dayMs = 86_400_000;
const limits = { mostInChain: 1_000, mostBytes: 64 * 1024 * 1024, leaseMs: 15_000, sweepMs: 3_600_000 };

export interface OpenResponses extends Responses {
  readonly format: ResponsesFormat;
}

/** Builds what keeps clients' responses. */
export function openResponses(settings: {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): OpenResponses {
  const { config, store, clock, log } = settings;
  const format = createOpenAiResponsesFormat(randomUUID);
  const responses = createResponses({
    store: store.responses,
    format,
    clock,
    log,
    shared: store.sessions.shared,
    limits: { ...limits, keepMs: config.limits.responseDays * dayMs },
  });
  return { ...responses, format };
}
