import type { StoredKey } from "../ports/control-store.ts";

/** Why a key is refused. The client is told the same for all; the difference is for the audit. */
export type KeyRefusal = "unknown" | "revoked" | "disabled" | "expired";

export type KeyCheck =
  | { readonly ok: true; readonly key: StoredKey }
  | { readonly ok: false; readonly reason: KeyRefusal };

/** Compares two digests in a time that does not depend on where they differ; false for different lengths. */
export type SameHash = (left: string, right: string) => boolean;

/**
 * Decides whether a key as the store holds it may be used at `now` with a secret of this digest. A wrong secret is
 * `unknown`, like a key that is not there: whoever lacks the secret learns nothing of the key's state. The secret
 * before a rotation is good until its overlap is over. Times are epoch milliseconds; each end is the first moment of
 * refusal.
 */
export function checkKey(stored: StoredKey | undefined, secretHash: string, now: number, sameHash: SameHash): KeyCheck {
  if (stored === undefined || !hasSecret(stored, secretHash, now, sameHash)) return { ok: false, reason: "unknown" };
  if (stored.revokedAt !== null) return { ok: false, reason: "revoked" };
  if (stored.disabled) return { ok: false, reason: "disabled" };
  if (stored.expiresAt !== null && !(now < stored.expiresAt)) return { ok: false, reason: "expired" };
  return { ok: true, key: stored };
}

function hasSecret(stored: StoredKey, secretHash: string, now: number, sameHash: SameHash): boolean {
  const { previousSecretHash, previousUntil } = stored;
  if (sameHash(stored.secretHash, secretHash)) return true;
  if (previousSecretHash === null || previousUntil === null || !(now < previousUntil)) return false;
  return sameHash(previousSecretHash, secretHash);
}
