import type { ApiKey } from "@gantry/contracts/access";
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
  const reason = findRefusal(stored, now);
  return reason === undefined ? { ok: true, key: stored } : { ok: false, reason };
}

/** Why nobody may use a key at `now`, whatever secret he has; undefined where it may be used. */
export function findRefusal(
  { revokedAt, disabled, expiresAt }: Pick<ApiKey, "revokedAt" | "disabled" | "expiresAt">,
  now: number,
): Exclude<KeyRefusal, "unknown"> | undefined {
  if (revokedAt !== null) return "revoked";
  if (disabled) return "disabled";
  return expiresAt !== null && !(now < expiresAt) ? "expired" : undefined;
}

function hasSecret(stored: StoredKey, secretHash: string, now: number, sameHash: SameHash): boolean {
  const { previousSecretHash, previousUntil } = stored;
  if (sameHash(stored.secretHash, secretHash)) return true;
  if (previousSecretHash === null || previousUntil === null || !(now < previousUntil)) return false;
  return sameHash(previousSecretHash, secretHash);
}
