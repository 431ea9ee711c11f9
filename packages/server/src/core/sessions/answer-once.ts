import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { ClaimStore, HeldClaim } from "../ports/claim-store.ts";
import type { Clock } from "../ports/clock.ts";
import { claimScope, requireSameBody } from "./idempotency.ts";
import type { IdempotencyClaim } from "./session-service.ts";

export interface OnceParts {
  readonly claims: ClaimStore;
  readonly clock: Clock;
  createHolder(): string;
}

/** A request as its key is good for it. */
export interface ClaimedRequest {
  readonly keyId: string;
  /** Method and address. */
  readonly route: string;
  readonly claim: IdempotencyClaim;
}

/**
 * Answers a request that may come twice: the first one does it, all others get its answer. One that comes meanwhile waits. A refusal is
 * not kept: nothing was done, and the same request may succeed later. Rejects with a `FailureError` `idempotency_mismatch` for another
 * body, with what `run` rejects with, or with `queue_timeout` where the first is too long under way.
 */
export type AnswerOnce = <Answer>(request: ClaimedRequest, run: () => Promise<Answer>) => Promise<Answer>;

/** Whoever was not heard of for so long is dead: its request is done by the next that comes. */
const deadMs = 30_000;
const renewMs = 8_000;
const pollMs = 50;
const longestWaitMs = 60_000;

export function createAnswerOnce({ claims, clock, createHolder }: OnceParts): AnswerOnce {
  return async <Answer>({ keyId, route, claim }: ClaimedRequest, run: () => Promise<Answer>) => {
    const held: HeldClaim = { scope: claimScope(keyId, route), ...claim, holder: createHolder() };
    const giveUpAt = clock.now() + longestWaitMs;
    for (;;) {
      const now = clock.epoch();
      const outcome = await claims.holdClaim(held, now, now - deadMs);
      if (outcome.kind === "held") return await runHeld(held, run);
      const answer = requireSameBody<Answer>(claim, { answer: undefined, ...outcome });
      if (outcome.kind === "answered") return answer;
      if (clock.now() >= giveUpAt) throw stillUnderWay();
      await new Promise<void>((resolve) => clock.after(pollMs, resolve));
    }
  };

  async function runHeld<Answer>(held: HeldClaim, run: () => Promise<Answer>): Promise<Answer> {
    let cancel: () => void = () => {};
    const renewLater = (): void => {
      // A renewal that fails is made good by the next one; the store's own failures are told by the work itself.
      cancel = clock.after(renewMs, () => {
        claims.renewClaim(held, clock.epoch()).catch(() => undefined);
        renewLater();
      });
    };
    renewLater();
    let answer: Answer;
    try {
      answer = await run();
    } catch (error) {
      cancel();
      await claims.dropClaim(held).catch(() => undefined);
      throw error;
    }
    cancel();
    await claims.answerClaim(held, answer, clock.epoch());
    return answer;
  }
}

function stillUnderWay(): FailureError {
  const message = "The first request with this Idempotency-Key is still being answered; send it again later.";
  return new FailureError(toFailure("queue_timeout", message, { retryAfterMs: 5_000 }));
}
