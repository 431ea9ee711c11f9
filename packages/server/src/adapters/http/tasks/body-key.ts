import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyRequest } from "fastify";
import type { Principal } from "../../../core/access/principal.ts";
import { authenticate, findKeyHeaders } from "../authenticate.ts";
import { keepRunsToCalls } from "../keep-runs-to-calls.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the key may come in the body, as `api_key`, where no header brings one. */
    readonly takesBodyKey?: boolean;
  }
}

/** More is not read of anybody who has not shown a key. */
const mostBytes = 1_048_576;

/** Whether a request's key is looked for in its body, once that is read. */
export function awaitsBodyKey({ routeOptions, raw, headers }: FastifyRequest): boolean {
  if (routeOptions.config.takesBodyKey !== true || Object.keys(findKeyHeaders(raw.rawHeaders)).length > 0) return false;
  const length = Number(headers["content-length"]);
  return length > 0 && length <= mostBytes;
}

/**
 * Takes `api_key` out of the body, so that it goes nowhere else, and finds who sends the request by it where no header has told. Rejects
 * with a `FailureError`.
 */
export async function takeBodyKey(
  request: FastifyRequest,
  identify: (key: string) => Promise<Principal | undefined>,
): Promise<void> {
  const { body } = request;
  const isObject = typeof body === "object" && body !== null && !Array.isArray(body);
  const { api_key: key, ...rest } = isObject ? { api_key: undefined, ...body } : { api_key: undefined };
  if (isObject) request.body = rest;
  // A header goes before it: the clients that send both put a name of their own here.
  if (!awaitsBodyKey(request)) return;
  if (key !== undefined && key !== null && typeof key !== "string") {
    throw new FailureError(toFailure("invalid_request", "api_key: expected a string", { param: "api_key" }));
  }
  request.principal = await authenticate(typeof key === "string" ? { "x-api-key": [key] } : {}, identify);
  keepRunsToCalls(request);
}
