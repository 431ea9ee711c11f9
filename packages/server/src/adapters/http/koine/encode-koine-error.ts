import { errorCatalogue, type ErrorCode, type Failure } from "@gantry/contracts/errors";
import type { CompletionFormat } from "../../../core/ports/wire-format.ts";

/** Codes of Koine's gateway, by ours. */
const codes: Partial<Record<ErrorCode, string>> = {
  budget_exceeded: "BUDGET_EXCEEDED",
  rate_limited: "CONCURRENCY_LIMIT_ERROR",
  concurrency_limited: "CONCURRENCY_LIMIT_ERROR",
  queue_full: "CONCURRENCY_LIMIT_ERROR",
  queue_timeout: "CONCURRENCY_LIMIT_ERROR",
  upstream_rate_limited: "CONCURRENCY_LIMIT_ERROR",
  request_timeout: "TIMEOUT_ERROR",
  upstream_timeout: "TIMEOUT_ERROR",
  agent_failed: "CLI_EXIT_ERROR",
  agent_unavailable: "SPAWN_ERROR",
  output_invalid: "PARSE_ERROR",
};

/** So long a client of that gateway is told to wait where nobody knows better. */
const usualWaitSeconds = 5;

/** The code under which clients of Koine know a failure. */
export function toKoineCode({ code, param }: Failure): string {
  if (param === "allowedTools") return "NO_TOOLS_AVAILABLE";
  return codes[code] ?? (errorCatalogue[code].status < 500 ? "VALIDATION_ERROR" : "INTERNAL_ERROR");
}

/** An error in the form of Koine's gateway, where all that is not the client's fault is a 500. */
export const encodeKoineError: CompletionFormat["encodeError"] = (failure) => {
  const { status } = errorCatalogue[failure.code];
  const code = toKoineCode(failure);
  const wait = Math.ceil((failure.retryAfterMs ?? usualWaitSeconds * 1000) / 1000);
  return {
    status: code === "TIMEOUT_ERROR" || status > 500 ? 500 : status,
    headers: code === "CONCURRENCY_LIMIT_ERROR" ? { "retry-after": String(wait) } : {},
    body: {
      error: failure.message,
      ...(status === 401 || status === 404 ? {} : { code }),
      ...(code === "VALIDATION_ERROR" && failure.param !== undefined ? { rawText: failure.param } : {}),
    },
  };
};

export function isKoinePath(path: string): boolean {
  return path.startsWith("/compat/koine/");
}
