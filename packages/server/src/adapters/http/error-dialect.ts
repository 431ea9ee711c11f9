import type { FastifyRequest } from "fastify";
import type { CompletionFormat } from "../../core/ports/wire-format.ts";
import { encodeKoineError, isKoinePath } from "./koine/encode-koine-error.ts";
import { isManagedPath } from "./managed/add-managed-routes.ts";

export function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? "";
}

export type ErrorDialect = "openai" | "anthropic" | "koine";

/** How the clients of an address read errors, where no header says otherwise. */
export function dialectOf(path: string): ErrorDialect {
  if (isKoinePath(path)) return "koine";
  return /^\/v1\/messages(\/|$)/.test(path) || isManagedPath(path) ? "anthropic" : "openai";
}

/** By the address, or by the header that those clients send with every request. */
export function speaksAnthropic(request: FastifyRequest): boolean {
  return dialectOf(pathOf(request)) === "anthropic" || request.headers["anthropic-version"] !== undefined;
}

type EncodeError = CompletionFormat["encodeError"];

/** How whoever sends this request reads errors. */
export function chooseErrorDialect(
  request: FastifyRequest,
  ours: { readonly openai: EncodeError; readonly anthropic: EncodeError },
): EncodeError {
  if (isKoinePath(pathOf(request))) return encodeKoineError;
  return speaksAnthropic(request) ? ours.anthropic : ours.openai;
}
