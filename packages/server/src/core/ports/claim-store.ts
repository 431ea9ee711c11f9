import type { StoredClaim } from "./event-log.ts";

/** A request with an idempotency key that is being answered: `holder` is good for this one time of it. */
export interface HeldClaim extends Pick<StoredClaim, "scope" | "key" | "digest"> {
  readonly holder: string;
}

/** Answers to requests that a client may send twice. Every write is one statement, committed when it resolves. */
export interface ClaimStore {
  /** An answer that was given. Undefined where the key is not known, or its request is still under way. */
  findClaim(scope: string, key: string): Promise<StoredClaim | undefined>;
  /** Takes the key for one request. Otherwise tells the digest of the request that has it. One held since before `deadSince` is taken over. */
  holdClaim(claim: HeldClaim, now: number, deadSince: number): Promise<HoldOutcome>;
  /** Whoever holds it is alive. */
  renewClaim(claim: HeldClaim, now: number): Promise<void>;
  /** Keeps the answer; nothing where another took the key over. */
  answerClaim(claim: HeldClaim, answer: unknown, now: number): Promise<void>;
  /** Nothing was done: the key is free again. */
  dropClaim(claim: HeldClaim): Promise<void>;
  /** Forgets answers older than that. */
  forgetClaims(before: number): Promise<void>;
}

export type HoldOutcome =
  | { readonly kind: "held" }
  | { readonly kind: "pending"; readonly digest: string }
  | { readonly kind: "answered"; readonly digest: string; readonly answer: unknown };
