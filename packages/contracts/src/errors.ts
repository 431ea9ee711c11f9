/**
 * The one catalogue of errors. A wire format turns a {@link Failure} into its own shape; the code stays the same in all.
 * `retryable` is what `x-should-retry` says: whether the same request may succeed when sent again unchanged.
 */
export const errorCatalogue = {
  invalid_request: { status: 400, retryable: false, message: "The request is not valid." },
  unsupported_feature: {
    status: 400,
    retryable: false,
    message: "The request asks for something that is not served here.",
  },
  invalid_image: { status: 400, retryable: false, message: "An image cannot be used." },
  context_too_long: { status: 400, retryable: false, message: "The conversation is longer than the model can take." },
  previous_response_not_found: {
    status: 400,
    retryable: false,
    message: "The response to go on from does not exist.",
  },
  cost_unpriced: { status: 400, retryable: false, message: "The model has no price, so that no budget can hold it." },
  environment_archived: {
    status: 400,
    retryable: false,
    message: "The environment is archived: it can be read, and no session can be made in it.",
  },
  invalid_config_type_change: {
    status: 400,
    retryable: false,
    message: "The type of an environment cannot be changed.",
  },
  storage_quota_exceeded: { status: 400, retryable: false, message: "The project has no room left for files." },
  unauthorized: { status: 401, retryable: false, message: "The key is missing or wrong." },
  forbidden: { status: 403, retryable: false, message: "The key may not do this." },
  insufficient_scope: { status: 403, retryable: false, message: "The key lacks the scope for this." },
  not_found: { status: 404, retryable: false, message: "There is nothing at this address." },
  environment_not_found: { status: 404, retryable: false, message: "There is no such environment." },
  file_expired: { status: 404, retryable: false, message: "The file has expired." },
  model_not_found: { status: 404, retryable: false, message: "The model does not exist or cannot be used." },
  method_not_allowed: { status: 405, retryable: false, message: "This address does not take that method." },
  request_timeout: { status: 408, retryable: true, message: "The request did not arrive in time." },
  conflict: { status: 409, retryable: false, message: "It is taken, or it is in a state that does not allow this." },
  idempotency_mismatch: {
    status: 409,
    retryable: false,
    message: "The idempotency key was used for another request.",
  },
  body_too_large: { status: 413, retryable: false, message: "The request body is too large." },
  unsupported_media_type: { status: 415, retryable: false, message: "The body must be application/json." },
  budget_exceeded: { status: 429, retryable: false, message: "The budget is used up." },
  rate_limited: { status: 429, retryable: true, message: "The key's rate limit is reached." },
  concurrency_limited: { status: 429, retryable: true, message: "Too many requests of this key are open." },
  queue_full: { status: 429, retryable: true, message: "Too many requests are waiting." },
  queue_timeout: { status: 429, retryable: true, message: "No process became free in time." },
  upstream_rate_limited: { status: 429, retryable: true, message: "The model's provider limits the rate." },
  upstream_usage_limit: { status: 429, retryable: false, message: "The subscription's usage limit is reached." },
  internal: { status: 500, retryable: true, message: "Something broke inside Gantry." },
  not_implemented: { status: 501, retryable: false, message: "This part of the API is not served here." },
  upstream_unauthorized: {
    status: 502,
    retryable: false,
    message: "The model's provider refused Gantry's credential.",
  },
  upstream_rejected: { status: 400, retryable: false, message: "The model's provider refused the request." },
  upstream_failed: { status: 502, retryable: true, message: "The model's provider failed." },
  upstream_interrupted: { status: 502, retryable: true, message: "The model's provider cut the answer off." },
  output_invalid: {
    status: 502,
    retryable: true,
    message: "The model gave no answer that fits the schema that was asked for.",
  },
  agent_failed: { status: 502, retryable: true, message: "The agent process failed." },
  conversation_lost: {
    status: 502,
    retryable: true,
    message: "The agent's record of the conversation cannot be used.",
  },
  agent_unavailable: { status: 503, retryable: true, message: "No agent process can be started." },
  walls_unavailable: {
    status: 503,
    retryable: false,
    message: "This machine cannot build the walls that the work needs.",
  },
  store_unavailable: { status: 503, retryable: true, message: "The store cannot be used at present." },
  upstream_circuit_open: {
    status: 503,
    retryable: true,
    message: "The model's provider failed too often and is given a rest.",
  },
  draining: { status: 503, retryable: true, message: "The server is shutting down." },
  upstream_overloaded: { status: 503, retryable: true, message: "The model's provider is overloaded." },
  upstream_timeout: { status: 504, retryable: true, message: "The model did not answer in time." },
} as const satisfies Record<string, { status: number; retryable: boolean; message: string }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** An expected failure, as data. `message` is written for the client: no path, no stack, no secret. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** The field of the request that is at fault, such as `messages[2].content`. */
  readonly param?: string;
  /** When a retry makes sense, in milliseconds from now; at most a day. */
  readonly retryAfterMs?: number;
  /** The HTTP status the upstream answered with, where it did. */
  readonly upstreamStatus?: number;
}

/** Makes a failure of a code, with the catalogue's sentence where no better one is given. */
export function toFailure(code: ErrorCode, message?: string, details: Omit<Failure, "code" | "message"> = {}): Failure {
  return { code, message: message ?? errorCatalogue[code].message, ...details };
}

/** Carries a {@link Failure} across a throw. Throw it only at edges that cannot return a value. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = "FailureError";
    this.failure = failure;
  }
}
