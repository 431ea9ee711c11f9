import { FailureError, toFailure } from "@gantry/contracts/errors";

/** Throws a `FailureError` where a body asks for a part of the vendor's API that is not served: leaving it out would be another request. */
export function refuseUnservedParts(body: unknown): void {
  if (typeof body !== "object" || body === null) return;
  for (const name of ["events", "initial_events"]) {
    const index = listOf(body, name).findIndex((event) => typeOf(event) === "user.define_outcome");
    if (index !== -1)
      throw refuse(`${name}[${index}].type`, "Outcomes are not served here: say in a message what is wanted.");
  }
  if (listOf(body, "vault_ids").length > 0) throw refuse("vault_ids", "Vaults are not served here; leave them out.");
}

function listOf(body: object, name: string): readonly unknown[] {
  const value: unknown = Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
  return Array.isArray(value) ? value : [];
}

function typeOf(event: unknown): unknown {
  return typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
}

function refuse(param: string, message: string): FailureError {
  return new FailureError(toFailure("not_implemented", message, { param }));
}
