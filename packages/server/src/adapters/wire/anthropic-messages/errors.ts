import { errorCatalogue, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import { encodeRetryHeaders } from "../retry-headers.ts";

export interface MessagesErrorBody {
  readonly type: "error";
  readonly error: {
    readonly type: MessagesErrorType;
    readonly message: string;
    /** Where the official clients look for a stable code: our own from the catalogue, but for one that they act upon. */
    readonly details: ErrorDetails;
  };
}

interface ErrorDetails {
  readonly error_code: ErrorCode | "thread_unsupported_request";
  readonly param?: string;
  readonly unsupported?: readonly string[];
}

export const messagesErrorTypes = [
  "invalid_request_error",
  "authentication_error",
  "billing_error",
  "permission_error",
  "not_found_error",
  "conflict_error",
  "request_too_large",
  "rate_limit_error",
  "timeout_error",
  "overloaded_error",
  "api_error",
] as const;
export type MessagesErrorType = (typeof messagesErrorTypes)[number];

export interface MessagesErrorResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: MessagesErrorBody;
}

/**
 * Where the vendor's status differs from the catalogue's. At 402 its clients end the turn at once, while a 429 is to them
 * something that passes; 529 is its own for a model that is overloaded.
 */
const statuses: Partial<Record<ErrorCode, number>> = { budget_exceeded: 402, upstream_overloaded: 529 };

export function statusOfMessagesError(code: ErrorCode): number {
  return statuses[code] ?? errorCatalogue[code].status;
}

/** Encodes a failure in Anthropic's error shape. */
export function encodeMessagesError(failure: Failure): MessagesErrorResponse {
  const status = statusOfMessagesError(failure.code);
  return { status, headers: encodeRetryHeaders(failure), body: toErrorBody(failure, status) };
}

function toErrorBody({ code, message, param }: Failure, status: number): MessagesErrorBody {
  const details: ErrorDetails = {
    error_code: code,
    ...(param !== undefined && { param }),
    ...toThreadRefusal(code, param),
  };
  return { type: "error", error: { type: toErrorType(status), message, details } };
}

/** At this code the official client's runner of tools, which asks for a thread first, sends its whole conversation instead. */
function toThreadRefusal(code: ErrorCode, param: string | undefined): Partial<ErrorDetails> {
  if (code !== "unsupported_feature" || param !== "thread") return {};
  return { error_code: "thread_unsupported_request", unsupported: ["thread"] };
}

const errorTypes: ReadonlyMap<number, MessagesErrorType> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

function toErrorType(status: number): MessagesErrorType {
  return errorTypes.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error");
}
