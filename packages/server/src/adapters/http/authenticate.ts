import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../../core/access/principal.ts";

const keyHeaders = ["authorization", "x-api-key"] as const;

/** Every value of each header that may hold a key. */
export type KeyHeaders = Readonly<Partial<Record<(typeof keyHeaders)[number], readonly string[]>>>;

/** Finds them among names and values in turn, as they came: Node itself keeps the first one of a name alone. */
export function findKeyHeaders(rawHeaders: readonly string[]): KeyHeaders {
  const found: Partial<Record<keyof KeyHeaders, string[]>> = {};
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index]?.toLowerCase();
    const name = keyHeaders.find((header) => header === given);
    if (name !== undefined) (found[name] ??= []).push(rawHeaders[index + 1] ?? "");
  }
  return found;
}

/**
 * Finds who sends a request, by `Authorization: Bearer KEY` or `x-api-key: KEY`; never by the address.
 * A header that comes twice is refused: others on the way may have taken the other one for the key.
 * Rejects with a `FailureError` of code `unauthorized`, or `store_unavailable` where the key cannot be looked up.
 */
export async function authenticate(
  headers: KeyHeaders,
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

function readKey(headers: KeyHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers["authorization"]?.[0] ?? "")?.[1];
  return bearer ?? (headers["x-api-key"]?.[0] || undefined);
}

function refusal(message: string): FailureError {
  return new FailureError(toFailure("unauthorized", message));
}
