import { errorCatalogue, type Failure } from "@gantry/contracts/errors";

export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: OpenAiErrorType;
    readonly param: string | null;
    /** Our own code from the catalogue; it never changes its meaning. */
    readonly code: string;
  };
}

export type OpenAiErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "permission_error"
  | "rate_limit_error"
  | "server_error";

export interface OpenAiErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OpenAiErrorBody;
}

const longestWaitMs = 86_400_000;
const defaultWaitMs = 1000;

/**
 * Encodes a failure in OpenAI's error shape. The official clients do what `x-should-retry` says before they look at the
 * status, and wait as long as `retry-after-ms` or else `retry-after` (whole seconds, rounded up) says. A wait of more
 * than some 24 days overflows their timers and becomes none at all, so a day is the most that is ever sent.
 */
export function encodeOpenAiError(failure: Failure): OpenAiErrorResponse {
  const { status, retryable } = errorCatalogue[failure.code];
  return {
    status,
    headers: { "x-should-retry": String(retryable), ...encodeWait(failure, status, retryable) },
    body: {
      error: {
        message: failure.message,
        type: toErrorType(status),
        param: failure.param ?? null,
        code: failure.code,
      },
    },
  };
}

function encodeWait(failure: Failure, status: number, retryable: boolean): Record<string, string> {
  const known = toWaitMs(failure.retryAfterMs);
  if (known !== undefined) {
    return { "retry-after": String(Math.ceil(known / 1000)), "retry-after-ms": String(known) };
  }
  const expected = retryable && (status === 429 || status === 503);
  return expected ? { "retry-after": String(defaultWaitMs / 1000) } : {};
}

function toWaitMs(retryAfterMs: number | undefined): number | undefined {
  if (retryAfterMs === undefined || Number.isNaN(retryAfterMs)) return undefined;
  return Math.min(Math.max(Math.ceil(retryAfterMs), 0), longestWaitMs);
}

function toErrorType(status: number): OpenAiErrorType {
  if (status >= 500) return "server_error";
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  return status === 429 ? "rate_limit_error" : "invalid_request_error";
}
