import type { Kysely } from "kysely";
import type { ClaimStore, HeldClaim } from "../../../core/ports/claim-store.ts";
import type { Database } from "./schema.ts";

/** In the place of an answer that is still to come; no JSON begins like this. */
const pendingMark = "pending:";

/** Idempotency keys on either store. */
export function createClaimQueries(db: Kysely<Database>): ClaimStore {
  const find = (scope: string, key: string) =>
    db
      .selectFrom("idempotency_keys")
      .select(["digest", "answer"])
      .where("scope", "=", scope)
      .where("claim", "=", key)
      .executeTakeFirst();
  const toMark = ({ holder }: HeldClaim): string => `${pendingMark}${holder}`;
  const update = (claim: HeldClaim, change: { answer?: string; created_at: number }) =>
    db
      .updateTable("idempotency_keys")
      .set(change)
      .where("scope", "=", claim.scope)
      .where("claim", "=", claim.key)
      .where("answer", "=", toMark(claim))
      .execute();

  return {
    async findClaim(scope, key) {
      const row = await find(scope, key);
      if (row === undefined || isPending(row)) return undefined;
      return { scope, key, digest: row.digest, answer: JSON.parse(row.answer) };
    },
    async holdClaim(claim, now, deadSince) {
      const { scope, key, digest } = claim;
      const row = { scope, claim: key, digest, answer: toMark(claim), created_at: now };
      const held = await db
        .insertInto("idempotency_keys")
        .values(row)
        .onConflict((conflict) =>
          conflict
            .columns(["scope", "claim"])
            .doUpdateSet({ answer: row.answer, created_at: now })
            .where("idempotency_keys.digest", "=", digest)
            .where("idempotency_keys.answer", "like", `${pendingMark}%`)
            .where("idempotency_keys.created_at", "<=", deadSince),
        )
        .returning("claim")
        .executeTakeFirst();
      if (held !== undefined) return { kind: "held" };
      const found = await find(scope, key);
      // Dropped in between: whoever waits asks again.
      if (found === undefined) return { kind: "pending", digest };
      if (isPending(found)) return { kind: "pending", digest: found.digest };
      return { kind: "answered", digest: found.digest, answer: JSON.parse(found.answer) };
    },
    async renewClaim(claim, now) {
      await update(claim, { created_at: now });
    },
    async answerClaim(claim, answer, now) {
      await update(claim, { answer: JSON.stringify(answer), created_at: now });
    },
    async dropClaim(claim) {
      await db
        .deleteFrom("idempotency_keys")
        .where("scope", "=", claim.scope)
        .where("claim", "=", claim.key)
        .where("answer", "=", toMark(claim))
        .execute();
    },
    async forgetClaims(before) {
      await db.deleteFrom("idempotency_keys").where("created_at", "<", before).execute();
    },
  };
}

function isPending({ answer }: { readonly answer: string }): boolean {
  return answer.startsWith(pendingMark);
}
