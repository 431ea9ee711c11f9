import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IdempotencyClaim } from "./session-service.ts";

/** A key of the client's is good for one route of one key of ours. */
export function claimScope(keyId: string, route: string): string {
  return `${keyId} ${route}`;
}

/** The answer that was given before. Throws where the same key comes with another body. */
export function requireSameBody<Answer>(
  claim: IdempotencyClaim,
  found: { readonly digest: string; readonly answer: unknown },
): Answer {
  if (found.digest === claim.digest) return found.answer as Answer;
  const message = "This Idempotency-Key was sent before with another body; take a new key for another request.";
  throw new FailureError(toFailure("idempotency_mismatch", message));
}
