import { errorCatalogue, type Failure } from "@gantry/contracts/errors";
import { encodeRetryHeaders } from "../retry-headers.ts";

export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: OpenAiErrorType;
    readonly param: string | null;
    /** Our own code from the catalogue; it never changes its meaning. */
    readonly code: string;
  };
}

export const openAiErrorTypes = [
  "invalid_request_error",
  "authentication_error",
  "permission_error",
  "rate_limit_error",
  "server_error",
] as const;
export type OpenAiErrorType = (typeof openAiErrorTypes)[number];

export interface OpenAiErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: OpenAiErrorBody;
}

/** Encodes a failure in OpenAI's error shape. */
export function encodeOpenAiError(failure: Failure): OpenAiErrorResponse {
  const { status } = errorCatalogue[failure.code];
  return {
    status,
    headers: encodeRetryHeaders(failure),
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

function toErrorType(status: number): OpenAiErrorType {
  if (status >= 500) return "server_error";
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  return status === 429 ? "rate_limit_error" : "invalid_request_error";
}
