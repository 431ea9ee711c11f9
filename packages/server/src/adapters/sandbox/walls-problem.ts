import { FailureError, toFailure } from "@gantry/contracts/errors";

/** A spec that cannot be met as it is. `sentence` is for the client; what only the operator may read goes into `cause`. */
export function toWallsProblem(sentence: string, cause?: unknown): FailureError {
  return new FailureError(toFailure("walls_unavailable", sentence), cause === undefined ? {} : { cause });
}
