import type { PostgresPool } from "kysely";
import type pg from "pg";
import { type AuditDigest, chainEntry } from "../../../core/audit/audit-chain.ts";
import { toAuditRecord } from "../shared/audit-rows.ts";
import { type AuditedChange, takesEntry } from "../shared/audited-change.ts";
import { toCleanText } from "./clean-text.ts";
import { appendAudit, beginChange, findAuditHead, type LoadedRows } from "./ledger-statements.ts";
import { toKyselyPool } from "./request-pool.ts";

/** The pool for one change: the statement that takes its entry is a transaction of the two. */
export function toAuditedPool(pool: pg.Pool, change: AuditedChange, digest: AuditDigest): PostgresPool {
  return toKyselyPool(pool, async (client, text, values) => {
    if (!takesEntry(change, text)) return await client.query(text, [...values]);
    const { result, changed } = await runWithEntry(client, text, values, change, digest);
    change.recorded = changed;
    return result;
  });
}

/** Under the lock of the ledger, whose batches go on with the chain. */
async function runWithEntry(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
  { entry }: AuditedChange,
  digest: AuditDigest,
): Promise<{ readonly result: pg.QueryResult; readonly changed: boolean }> {
  await client.query(beginChange);
  try {
    const result = await client.query(text, [...values]);
    const changed = (result.rowCount ?? 0) > 0;
    if (changed) {
      const { rows } = await client.query<NonNullable<LoadedRows["head"]>>(findAuditHead);
      const row = chainEntry(rows[0], toCleanText(entry), digest);
      await client.query(appendAudit, [JSON.stringify([toAuditRecord(row)])]);
    }
    await client.query("commit");
    return { result, changed };
  } catch (error) {
    // Where this fails too the connection is lost, and the pool replaces it.
    await client.query("rollback").catch(() => {});
    throw error;
  }
}
