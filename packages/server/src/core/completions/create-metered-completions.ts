import { noUsage, type Completion, type CompletionEvent } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { requireScope, toPolicyName } from "../access/principal.ts";
import { estimateReservation } from "../budgets/estimate.ts";
import type { PriceTable } from "../budgets/price-table.ts";
import { toCacheKey } from "../cache/cache-key.ts";
import type { Digest } from "../pool/conversation-key.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { ResponseCache } from "../ports/response-cache.ts";
import { type Admitted, bookUnanswered, bookUsage, type BookParts, correctRate } from "./book-usage.ts";
import { toBudgetFailure, toRateFailure } from "./admission-failures.ts";
import { cacheAnswer, replayAnswer } from "./cached-answer.ts";
import type { CompletionService } from "./completion-service.ts";
import { isStoreAway } from "./late-bookings.ts";
import { meterAnswer, type Settlement } from "./meter-answer.ts";
import type { MeteredAnswer, MeteredCompletions, MeteredRequest } from "./metered-completions.ts";
import { mayUse, type ModelChooser } from "./choose-model.ts";
import type { UpstreamGuard, UpstreamPass } from "./upstream-guard.ts";
import { createWorkCount } from "./work-count.ts";

export interface MeteredParts extends BookParts {
  readonly inner: CompletionService;
  readonly ledger: Ledger;
  readonly cache: ResponseCache;
  readonly prices: PriceTable;
  readonly guard: UpstreamGuard;
  readonly chooser: ModelChooser;
  readonly digest: Digest;
  readonly nodeId: string;
  /** How long a reservation lives without a renewal. */
  readonly leaseMs: number;
}

export function createMeteredCompletions(parts: MeteredParts): MeteredCompletions {
  const { inner, clock } = parts;
  const unsettled = createWorkCount();

  async function complete(request: MeteredRequest): Promise<MeteredAnswer> {
    const startedAt = clock.now();
    const { principal, completion } = request;
    const lacking = requireScope(principal, "inference");
    if (lacking !== undefined) throw new FailureError(lacking);
    const model = await parts.chooser.choose(completion, principal, await inner.models());
    if ("code" in model) throw new FailureError(model);

    const estimate = estimateReservation(toSize(completion), parts.prices.reservationPriceOf(model.id));
    const admitted: Admitted = { request, model, estimate, startedAt };
    await takeRate(parts, admitted);
    const known = await findKnown(parts, admitted);
    if (known !== undefined) return known;
    const pass = await passUpstream(parts, admitted);
    const settled = unsettled.begin();
    const settle = (settlement: Settlement): Promise<void> => bookUsage(parts, admitted, settlement).finally(settled);
    return await start(parts, admitted, pass, settle);
  }

  return {
    complete,
    async models(principal) {
      return (await inner.models()).filter((model) => mayUse(principal, model));
    },
    async recommend(query, principal) {
      const recommended = await parts.chooser.recommend(query, principal, await inner.models());
      if ("code" in recommended) throw new FailureError(recommended);
      return recommended;
    },
    status: () => inner.status(),
    settled: () => unsettled.idle(),
  };
}

async function takeRate(parts: MeteredParts, { request, estimate }: Admitted): Promise<void> {
  const { keyId, limits } = request.principal;
  if (limits.requestsPerMinute === undefined && limits.tokensPerMinute === undefined) return;
  const rate = await parts.rates.take(keyId, limits, estimate.amounts.tokens, parts.clock.epoch());
  request.onRate?.(rate);
  if (!rate.allowed) throw new FailureError(toRateFailure(rate));
}

/** An answer of this project's cache, streamed like a new one and billed as nothing. */
async function findKnown(parts: MeteredParts, admitted: Admitted): Promise<MeteredAnswer | undefined> {
  const { principal } = admitted.request;
  if (!principal.cache.enabled) return undefined;
  const notBefore = parts.clock.epoch() - principal.cache.maxAgeSeconds * 1000;
  const events = await parts.cache.find(principal.projectId, cacheKeyOf(parts, admitted), notBefore);
  if (events === undefined) return undefined;
  const settle = (settlement: Settlement): Promise<void> => bookUsage(parts, admitted, settlement);
  return {
    cached: true,
    temperature: "same-conversation",
    model: admitted.model.id,
    events: replayAnswer(events, settle, () => parts.clock.now() - admitted.startedAt),
    modelWaitMs: () => 0,
  };
}

/**
 * Asks the upstream's guard and the budgets; where either says no, the key gets its tokens back. The request stays
 * counted, so that whoever is refused cannot ask without end.
 */
async function passUpstream(parts: MeteredParts, admitted: Admitted): Promise<UpstreamPass> {
  let pass: UpstreamPass | undefined;
  try {
    pass = parts.guard.admit();
    await reserve(parts, admitted);
    return pass;
  } catch (error) {
    pass?.abandon();
    await correctRate(parts, admitted, 0);
    throw error;
  }
}

async function reserve(parts: MeteredParts, admitted: Admitted): Promise<void> {
  const { request, model, estimate } = admitted;
  const { principal, requestId } = request;
  const now = parts.clock.epoch();
  const reserved = parts.ledger.reserve({
    requestId,
    nodeId: parts.nodeId,
    now,
    leaseUntil: now + parts.leaseMs,
    projectId: principal.projectId,
    keyId: principal.keyId,
    runId: null,
    model: model.id,
    driver: parts.driver,
    profile: toPolicyName(principal.profile),
    amounts: estimate.amounts,
    ...(principal.limits.concurrent === undefined ? {} : { concurrent: principal.limits.concurrent }),
  });
  const outcome = await reserved.catch((error: unknown) => {
    // It may be reserved all the same: the answer was lost, or the whole commit.
    const latencyMs = parts.clock.now() - admitted.startedAt;
    if (isStoreAway(error)) parts.late.keep(() => bookUnanswered(parts, admitted, latencyMs));
    throw error;
  });
  if (outcome.kind === "reserved") return;
  if (outcome.kind === "over_budget") throw new FailureError(toBudgetFailure(outcome.budget, now));
  if (outcome.kind === "too_many_open") {
    const limit = principal.limits.concurrent ?? outcome.open;
    const message = `This key may have ${limit} requests open at one time.`;
    throw new FailureError(toFailure("concurrency_limited", message, { retryAfterMs: 1000 }));
  }
  throw new FailureError(toFailure("conflict", "This request was answered and billed before."));
}

async function start(
  parts: MeteredParts,
  admitted: Admitted,
  pass: UpstreamPass,
  settle: (settlement: Settlement) => Promise<void>,
): Promise<MeteredAnswer> {
  const { request, model, estimate, startedAt } = admitted;
  const { principal, completion, signal, requestId, traceparent } = request;
  try {
    const answer = await parts.inner.complete({
      owner: principal.owner,
      completion: { ...completion, model: model.id },
      signal,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    const metered = meterAnswer({
      requestId,
      model: model.id,
      events: pass.watch(answer.events),
      estimate,
      maxOutputTokens: completion.sampling.maxOutputTokens,
      startedAt,
      ledger: parts.ledger,
      prices: parts.prices,
      clock: parts.clock,
      settle,
    });
    const events = principal.cache.enabled ? cacheAnswer(metered, (whole) => keep(parts, admitted, whole)) : metered;
    return { ...answer, cached: false, events, modelWaitMs: () => answer.modelWaitMs() };
  } catch (error) {
    // The answer never began: nothing was spent, and nothing may stay reserved.
    pass.abandon();
    const latencyMs = parts.clock.now() - startedAt;
    const outcome = signal.aborted ? "cancelled" : "failed";
    await settle({ outcome, tokens: noUsage, costMicros: 0, firstTokenMs: null, latencyMs });
    throw error;
  }
}

function cacheKeyOf(parts: MeteredParts, { request, model }: Admitted): string {
  const agentVersion = parts.inner.status().agentVersion ?? "";
  const { completion } = request;
  return toCacheKey({ completion, model: model.id, driver: parts.driver, agentVersion }, parts.digest);
}

async function keep(parts: MeteredParts, admitted: Admitted, events: readonly CompletionEvent[]): Promise<void> {
  const { projectId } = admitted.request.principal;
  await parts.cache
    .put(projectId, cacheKeyOf(parts, admitted), events, parts.clock.epoch())
    .catch((error: unknown) => parts.log.warn({ err: error }, "an answer could not be put into the cache"));
}

function toSize({ system, messages, sampling }: Completion) {
  let inputBytes = Buffer.byteLength(system);
  let images = 0;
  for (const block of messages.flatMap(({ content }) => content)) {
    if (block.type === "text") inputBytes += Buffer.byteLength(block.text);
    else images += 1;
  }
  const { maxOutputTokens } = sampling;
  return { inputBytes, images, overheadTokens: 400, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) };
}
