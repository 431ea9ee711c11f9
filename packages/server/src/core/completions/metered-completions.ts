import type { Completion } from "@gantry/contracts/completion";
import type { Principal } from "../access/principal.ts";
import type { AgentModel } from "../ports/driver.ts";
import type { RateOutcome } from "../ports/rate-limiter.ts";
import type { Recommendation } from "../routing/recommend-model.ts";
import type { RoutingQuery } from "./choose-model.ts";
import type { CompletionServiceStatus, StartedAnswer } from "./completion-service.ts";

/**
 * Completions as keys, limits and budgets allow them. The front doors know this; behind it stands the service that knows
 * processes and nothing of money.
 */
export interface MeteredCompletions {
  /**
   * Checks what the key may do, takes from its limits, reserves its cost, and starts the answer; or replays one that is
   * known. The usage is committed before the final event is given out. Rejects with a `FailureError`: besides those of
   * `CompletionService` `insufficient_scope`, `forbidden`, `rate_limited`, `concurrency_limited`, `budget_exceeded`,
   * `upstream_circuit_open`, `store_unavailable`.
   */
  complete(request: MeteredRequest): Promise<MeteredAnswer>;
  /** The models that the key may ask for. */
  models(principal: Principal): Promise<readonly AgentModel[]>;
  /** What `auto` would take. Rejects with `forbidden` where the key may use none of the models of the rules. */
  recommend(query: RoutingQuery, principal: Principal): Promise<Recommendation>;
  status(): CompletionServiceStatus;
}

export interface MeteredRequest {
  /** Bills the request once, whatever happens. */
  readonly requestId: string;
  readonly principal: Principal;
  readonly completion: Completion;
  /** Where the request came from. */
  readonly address: string | null;
  /** Digest of the body, for the audit. */
  readonly payloadDigest: string | null;
  readonly signal: AbortSignal;
  /** See `CompletionRequest`. */
  readonly isStreamed?: boolean;
  /** See `CompletionRequest`. */
  readonly traceparent?: string;
  /** Told once, as soon as it is known, whether the request is refused or not. */
  onRate?(rate: RateOutcome): void;
}

export interface MeteredAnswer extends StartedAnswer {
  /** The answer was known: nothing was asked and nothing is billed. */
  readonly cached: boolean;
}
