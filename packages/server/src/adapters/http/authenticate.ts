import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../../core/access/principal.ts";

/** Every value of every header, by its name in lower case. */
type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Finds who sends a request, by `Authorization: Bearer KEY` or `x-api-key: KEY`; never by the address.
 * A header that comes twice is refused: others on the way may have taken the other one for the key.
 * Rejects with a `FailureError` of code `unauthorized`, or `store_unavailable` where the key cannot be looked up.
 */
export async function authenticate(
  headers: DistinctHeaders,
  identify: (key: string) => Promise<Principal | undefined>,
): Promise<Principal> {
  if ((headers["authorization"]?.length ?? 0) > 1 || (headers["x-api-key"]?.length ?? 0) > 1) {
    throw refusal("A key was sent twice.");
  }
  const key = readKey(headers);
  if (key === undefined) {
    throw refusal("No key was sent. Send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`.");
  }
  const principal = await identify(key);
  if (principal === undefined) throw refusal("The key is not known here, or it is no longer valid.");
  return principal;
}

function readKey(headers: DistinctHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers["authorization"]?.[0] ?? "")?.[1];
  return bearer ?? (headers["x-api-key"]?.[0] || undefined);
}

function refusal(message: string): FailureError {
  return new FailureError(toFailure("unauthorized", message));
}
