import { errorCatalogue, type ErrorCode } from "@gantry/contracts/errors";

/** What goes wrong on this side of the connection, with what the same call may come to when it is made again. */
const clientErrors = {
  /** No answer came, or it broke off. */
  connection_failed: { retryable: true },
  /** An answer took longer than `timeoutMs`, or a stream brought nothing for `idleTimeoutMs`. */
  timed_out: { retryable: true },
  /** The caller's signal, or `abort()`. */
  aborted: { retryable: false },
  /** What came is not what Gantry says: another program at that address, or one in between. */
  unexpected_answer: { retryable: false },
  /** What the model gave does not fit the schema that was asked for. */
  output_mismatch: { retryable: false },
  /** A task came to another end than its result. */
  task_not_completed: { retryable: false },
  /** The client was called with something that cannot work. */
  invalid_argument: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ClientErrorCode = keyof typeof clientErrors;
/** The server's catalogue, and the client's own. None ever changes its meaning. */
export type GantryErrorCode = ErrorCode | ClientErrorCode;

export interface GantryErrorDetails {
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The server's id of the request: what to name when asking for help. */
  readonly requestId?: string | undefined;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** The field of the request that is at fault. */
  readonly param?: string | undefined;
  /** Whether the same call may succeed when it is made again; by the code where it is missing. */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/** The one error that calls of this client fail with. */
export class GantryError extends Error {
  readonly code: GantryErrorCode;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly param: string | undefined;
  readonly retryable: boolean;

  constructor(code: GantryErrorCode, message: string, details: GantryErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "GantryError";
    this.code = code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.param = details.param;
    this.retryable = details.retryable ?? (isServerCode(code) ? errorCatalogue[code] : clientErrors[code]).retryable;
  }
}

export function isServerCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorCatalogue, code);
}
