import { FailureError, toFailure } from "@gantry/contracts/errors";

/** How large a workspace may be when it is made. */
export interface SizeBudget {
  /** Throws a `FailureError` of code `invalid_request` where that is too much. */
  take(bytes: number): void;
  refuse(reason: string): never;
}

export function createSizeBudget(maxBytes: number): SizeBudget {
  let left = maxBytes;
  const refuse = (reason: string): never => {
    const message = `The workspace would begin with ${reason}.`;
    throw new FailureError(toFailure("invalid_request", message, { param: "source" }));
  };
  return {
    refuse,
    take(bytes) {
      left -= bytes;
      if (left < 0) refuse(`more than the ${Math.floor(maxBytes / 1_048_576)} MiB that it may have`);
    },
  };
}
