import { noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import { nothingSpent } from "../budgets/billing.ts";
import type { Clock } from "../ports/clock.ts";
import { type AttemptTargets, type Target, toPath } from "../upstreams/target.ts";
import { readWhole } from "./carry-answer.ts";
import type { PlaneAnswer, PlaneCall } from "./model-plane.ts";
import { toUpstreamBytes, type CallView } from "./scan-call-body.ts";

/** A call for embeddings whose model was looked up. */
export interface EmbeddingCall {
  readonly call: PlaneCall;
  readonly view: CallView;
  readonly targets: readonly Target[];
  readonly startedAt: number;
}

/**
 * Passes a call for embeddings on to an upstream of OpenAI's API, whose answer goes back as it came. Rejects with a `FailureError`:
 * `model_not_found` where no upstream serves the model, `unsupported_feature` where none that does has embeddings.
 */
export async function embed(
  { attempt, clock }: { readonly attempt: AttemptTargets; readonly clock: Clock },
  { call, view, targets, startedAt }: EmbeddingCall,
): Promise<PlaneAnswer> {
  const able = targets.filter(({ upstream }) => upstream.entry.kind !== "anthropic");
  const [model, ...otherModels] = able.map((target) => target.model);
  if (model === undefined) throw noEmbeddings(view, targets.length > 0);
  const { callId, signal, principal } = call;
  const size = { inputBytes: call.body.length, images: 0, maxOutputTokens: 0 };
  const payment = await call.payer.open({ callId, model, otherModels, size, signal });
  const latencyMs = (): number => clock.now() - startedAt;
  try {
    const { target, response, end } = await attempt({
      owner: principal.owner,
      targets: able,
      once: false,
      signal,
      toExchange: (one) => ({
        path: toPath(one).replace(/\/(chat\/completions|responses)(?=\?|$)/, "/embeddings"),
        headers: call.headers,
        body: toUpstreamBytes(call.body, view, one.model),
        ignored: [],
      }),
    });
    const body = await readWhole(response.body).finally(end);
    const { status, headers } = response;
    if (status === 401 || status === 403) throw new FailureError(toFailure("upstream_unauthorized"));
    if (status >= 300) {
      await payment.settle({ ...nothingSpent, outcome: "failed", latencyMs: latencyMs() });
    } else {
      const inputTokens = readInputTokens(body) ?? payment.inputTokens;
      const tokens = { ...noUsage, inputTokens };
      const figures = { tokens, costMicros: undefined, firstTokenMs: latencyMs(), latencyMs: latencyMs() };
      await payment.settle({ ...figures, model: target.model, outcome: "completed" });
    }
    return { status, headers, upstream: target.upstream.name, ignored: [], body };
  } catch (error) {
    const failure = error instanceof FailureError ? error.failure : undefined;
    const outcome = signal.aborted ? "cancelled" : "failed";
    await payment.settle({ ...nothingSpent, outcome, failure, latencyMs: latencyMs() });
    throw error;
  }
}

function noEmbeddings({ model }: CallView, isServed: boolean): FailureError {
  const shown = JSON.stringify(model.slice(0, 80));
  const message = isServed
    ? `The upstream of the model ${shown} has no embeddings; give the model a route to one of OpenAI's API in \`models\`.`
    : `No upstream serves the model ${shown}; give it a route to one of OpenAI's API in \`models\`.`;
  return new FailureError(toFailure(isServed ? "unsupported_feature" : "model_not_found", message, { param: "model" }));
}

/** Undefined where the upstream does not tell. */
function readInputTokens(body: Buffer): number | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString("utf8"));
    const usage = typeof answer === "object" && answer !== null && "usage" in answer ? answer.usage : undefined;
    const told =
      typeof usage === "object" && usage !== null && "prompt_tokens" in usage ? usage.prompt_tokens : undefined;
    return typeof told === "number" && Number.isSafeInteger(told) && told >= 0 ? told : undefined;
  } catch {
    return undefined;
  }
}
