import type { FastifyRequest } from "fastify";
import type { CompletionFormat } from "../../core/ports/wire-format.ts";
import { encodeKoineError, isKoinePath } from "./koine/encode-koine-error.ts";
import { isManagedPath } from "./managed/add-managed-routes.ts";

export function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? "";
}

/** By the address, or by the header that those clients send with every request. */
export function speaksAnthropic(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return (
    /^\/v1\/messages(\/|$)/.test(path) || isManagedPath(path) || request.headers["anthropic-version"] !== undefined
  );
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
