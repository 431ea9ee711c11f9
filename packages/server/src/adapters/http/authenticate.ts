import { FailureError, toFailure } from "@gantry/contracts/errors";

/** Every value of every header, by its name in lower case. */
type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Finds who sends a request, by `Authorization: Bearer KEY` or `x-api-key: KEY`; never by the address.
 * A header that comes twice is refused: others on the way may have taken the other one for the key.
 * Throws a `FailureError` of code `unauthorized`.
 */
export function authenticate(headers: DistinctHeaders, findOwner: (key: string) => string | undefined): string {
  if ((headers["authorization"]?.length ?? 0) > 1 || (headers["x-api-key"]?.length ?? 0) > 1) {
    throw refusal("A key was sent twice.");
  }
  const key = readKey(headers);
  if (key === undefined) {
    throw refusal("No key was sent. Send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`.");
  }
  const owner = findOwner(key);
  if (owner === undefined) throw refusal("The key is not known here.");
  return owner;
}

function readKey(headers: DistinctHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers["authorization"]?.[0] ?? "")?.[1];
  return bearer ?? (headers["x-api-key"]?.[0] || undefined);
}

function refusal(message: string): FailureError {
  return new FailureError(toFailure("unauthorized", message));
}
