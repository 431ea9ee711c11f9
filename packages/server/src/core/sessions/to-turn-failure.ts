import { errorCatalogue, FailureError, toFailure, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import type { SessionErrorBody } from "@gantry/contracts/session-events";
import { isUpstreamLimit } from "../upstreams/is-upstream-limit.ts";
import type { TurnFailure } from "./turn-steps.ts";

const types: Partial<Readonly<Record<ErrorCode, SessionErrorBody["type"]>>> = {
  upstream_overloaded: "model_overloaded_error",
  upstream_rate_limited: "model_rate_limited_error",
  upstream_usage_limit: "model_rate_limited_error",
  rate_limited: "model_rate_limited_error",
  budget_exceeded: "billing_error",
  upstream_unauthorized: "billing_error",
  upstream_failed: "model_request_failed_error",
  upstream_rejected: "model_request_failed_error",
  upstream_interrupted: "model_request_failed_error",
  upstream_timeout: "model_request_failed_error",
  upstream_circuit_open: "model_request_failed_error",
  model_not_found: "model_request_failed_error",
  context_too_long: "model_request_failed_error",
};

/** A failure as the log of a session tells it. */
export function toTurnFailure({ code, message, retryAfterMs }: Failure, keepsOpen: boolean): TurnFailure {
  return {
    error: { type: types[code] ?? "unknown_error", message },
    code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    retryable: errorCatalogue[code].retryable,
    keepsOpen,
  };
}

/** What somebody threw, as a failure that may be shown. */
export function toShownFailure(error: unknown): Failure {
  return error instanceof FailureError ? error.failure : toFailure("internal");
}

/** A failure by a limit of the model's vendor, with the time that it lasts where the failure itself does not say. */
export function withWait(failure: Failure, retryAfterMs: number | undefined): Failure {
  const isMissing = isUpstreamLimit(failure.code) && failure.retryAfterMs === undefined && retryAfterMs !== undefined;
  return isMissing ? { ...failure, retryAfterMs } : failure;
}
