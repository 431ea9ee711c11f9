import { FailureError, toFailure } from "@gantry/contracts/errors";

/** A field whose value cannot be, though its form is right. The message is `<field>: <sentence>`. */
export function refuseField(param: string, sentence: string): FailureError {
  return new FailureError(toFailure("invalid_request", `${param}: ${sentence}`, { param }));
}

export function refuseState(message: string): FailureError {
  return new FailureError(toFailure("conflict", message));
}

/** Gives back what was found. Throws a `FailureError` of code `not_found` where there is nothing. */
export function requireFound<Found>(found: Found | undefined, what: string): Found {
  if (found !== undefined) return found;
  throw new FailureError(toFailure("not_found", `There is no such ${what}.`));
}

/** Throws where an update names nothing: most likely its field was misspelt, and nothing would be in the audit. */
export function requireChange(update: Readonly<Record<string, unknown>>): void {
  if (changedFields(update).length === 0) throw refuseField("body", "expected at least one field to change, got none");
}

export function changedFields(update: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(update).filter((name) => update[name] !== undefined);
}
