import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import { FailureError } from "@gantry/contracts/errors";
import { requireScope } from "../access/principal.ts";
import { requireContentUrls } from "../access/require-content-urls.ts";
import type { Bill, Billable, Billing } from "../budgets/billing.ts";
import { toCacheKey } from "../cache/cache-key.ts";
import type { Digest } from "../pool/conversation-key.ts";
import type { Clock } from "../ports/clock.ts";
import type { AgentModel } from "../ports/driver.ts";
import type { Log } from "../ports/log.ts";
import type { ResponseCache } from "../ports/response-cache.ts";
import { createTurnPayer } from "../model-plane/turn-payer.ts";
import type { UpstreamGuard, UpstreamPass } from "../upstreams/upstream-guard.ts";
import { cacheAnswer, replayAnswer } from "./cached-answer.ts";
import { mayUse, type ModelChooser } from "./choose-model.ts";
import type { CompletionService } from "./completion-service.ts";
import { meterAnswer } from "./meter-answer.ts";
import type { MeteredAnswer, MeteredCompletions, MeteredRequest } from "./metered-completions.ts";
import { toSize } from "./to-size.ts";
import { watchAnswer } from "./watch-answer.ts";

export interface MeteredParts {
  readonly inner: CompletionService;
  readonly billing: Billing;
  readonly cache: ResponseCache;
  /** That of the upstream behind a model, by its full id: one that is down must not shut the others. */
  readonly guardOf: (model: string) => UpstreamGuard;
  readonly chooser: ModelChooser;
  readonly clock: Clock;
  readonly log: Log;
  readonly digest: Digest;
  readonly driver: string;
}

/** Words instead of the object that is asked for, the object, and each of these once more where it does not fit. */
const mostAnswersInForm = 4;

/** What admission found out. */
interface Admitted {
  readonly request: MeteredRequest;
  readonly model: AgentModel;
  readonly bill: Bill;
  readonly startedAt: number;
}

export function createMeteredCompletions(parts: MeteredParts): MeteredCompletions {
  const { inner, clock } = parts;

  async function complete(request: MeteredRequest): Promise<MeteredAnswer> {
    const startedAt = clock.now();
    const { principal, completion } = request;
    const lacking = requireScope(principal, "inference");
    if (lacking !== undefined) throw new FailureError(lacking);
    const model = await parts.chooser.choose(completion, principal, await inner.models());
    if ("code" in model) throw new FailureError(model);
    const refused = requireContentUrls(principal, completion.messages);
    if (refused !== undefined) throw new FailureError(refused);

    const bill = parts.billing.open(toBillable(request, model, parts.driver));
    const admitted: Admitted = { request, model, bill, startedAt };
    await bill.takeRate();
    const known = await findKnown(parts, admitted);
    if (known !== undefined) return known;
    return await start(parts, admitted, await passUpstream(parts, bill, model));
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
  };
}

function toBillable(request: MeteredRequest, model: AgentModel, driver: string): Billable {
  const { requestId, principal, address, payloadDigest, completion, onRate } = request;
  return {
    requestId,
    principal,
    runId: null,
    model: model.id,
    driver,
    action: "completion.finished",
    address,
    payloadDigest,
    size: toSize(completion),
    ...(onRate === undefined ? {} : { onRate }),
  };
}

/** An answer of this project's cache, streamed like a new one and billed as nothing. */
async function findKnown(parts: MeteredParts, admitted: Admitted): Promise<MeteredAnswer | undefined> {
  const { principal } = admitted.request;
  if (!principal.cache.enabled) return undefined;
  const notBefore = parts.clock.epoch() - principal.cache.maxAgeSeconds * 1000;
  const events = await parts.cache.find(principal.projectId, cacheKeyOf(parts, admitted), notBefore);
  if (events === undefined) return undefined;
  return {
    cached: true,
    temperature: "same-conversation",
    model: admitted.model.id,
    events: replayAnswer(events, admitted.bill.settle, () => parts.clock.now() - admitted.startedAt),
    modelWaitMs: () => 0,
  };
}

/** Asks the upstream's guard and the budgets; where either says no, nothing stays taken from the key's limits. */
async function passUpstream({ guardOf }: MeteredParts, bill: Bill, { id }: AgentModel): Promise<UpstreamPass> {
  let pass: UpstreamPass | undefined;
  try {
    pass = guardOf(id).admit();
    await bill.reserve();
    return pass;
  } catch (error) {
    pass?.abandon();
    await bill.giveBack();
    throw error;
  }
}

async function start(parts: MeteredParts, admitted: Admitted, pass: UpstreamPass): Promise<MeteredAnswer> {
  const { request, model, bill, startedAt } = admitted;
  const { principal, completion, signal, traceparent } = request;
  const payer = createTurnPayer(bill, parts.clock, completion.outputFormat === undefined ? 1 : mostAnswersInForm);
  try {
    const answer = await parts.inner.complete({
      owner: principal.owner,
      completion: { ...completion, model: model.id },
      signal,
      isStreamed: request.isStreamed === true,
      caller: { principal, payer },
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    const metered = meterAnswer({
      bill,
      payer,
      events: watchAnswer(pass, answer.events),
      model: model.id,
      maxOutputTokens: completion.sampling.maxOutputTokens,
      startedAt,
      clock: parts.clock,
    });
    const events = principal.cache.enabled ? cacheAnswer(metered, (whole) => keep(parts, admitted, whole)) : metered;
    return { ...answer, cached: false, events, modelWaitMs: () => answer.modelWaitMs() };
  } catch (error) {
    // The answer never began: nothing was spent, and nothing may stay reserved.
    pass.abandon();
    const latencyMs = parts.clock.now() - startedAt;
    const outcome = signal.aborted ? "cancelled" : "failed";
    await bill.settle({ outcome, tokens: noUsage, costMicros: 0, firstTokenMs: null, latencyMs });
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
