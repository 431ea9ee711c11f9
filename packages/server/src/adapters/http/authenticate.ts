import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IncomingHttpHeaders } from "node:http";

/**
 * Finds who sends a request, by `Authorization: Bearer KEY` or `x-api-key: KEY`; never by the address.
 * Throws a `FailureError` of code `unauthorized`.
 */
export function authenticate(headers: IncomingHttpHeaders, findOwner: (key: string) => string | undefined): string {
  const key = readKey(headers);
  if (key === undefined) {
    throw refusal("No key was sent. Send it as `Authorization: Bearer KEY` or as `x-api-key: KEY`.");
  }
  const owner = findOwner(key);
  if (owner === undefined) throw refusal("The key is not known here.");
  return owner;
}

function readKey({ authorization, "x-api-key": apiKey }: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1];
  return bearer ?? (typeof apiKey === "string" && apiKey !== "" ? apiKey : undefined);
}

function refusal(message: string): FailureError {
  return new FailureError(toFailure("unauthorized", message));
}
