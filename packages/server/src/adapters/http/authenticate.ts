import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IncomingHttpHeaders } from "node:http";
import type { Principal } from "../../core/access/principal.ts";

/**
 * Finds who sends a request, by `Authorization: Bearer KEY` or `x-api-key: KEY`; never by the address.
 * Rejects with a `FailureError` of code `unauthorized`.
 */
export async function authenticate(
  headers: IncomingHttpHeaders,
  identify: (key: string) => Promise<Principal | undefined>,
): Promise<Principal> {
  const key = readKey(headers);
  if (key === undefined) {
    throw refusal("No key was sent. Send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`.");
  }
  const principal = await identify(key);
  if (principal === undefined) throw refusal("The key is not known here, or it is no longer good.");
  return principal;
}

function readKey(headers: DistinctHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers["authorization"]?.[0] ?? "")?.[1];
  return bearer ?? (headers["x-api-key"]?.[0] || undefined);
}

function refusal(message: string): FailureError {
  return new FailureError(toFailure("unauthorized", message));
}
