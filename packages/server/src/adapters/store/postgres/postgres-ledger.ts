import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";
import type { BudgetSubject } from "@gantry/contracts/budgets";
import type pg from "pg";
import type { AuditDigest } from "../../../core/audit/audit-chain.ts";
import { expire, extend, record, reserve, settle } from "../../../core/budgets/ledger-operations.ts";
import type { Ledger } from "../../../core/ports/ledger.ts";
import { toCleanText } from "./clean-text.ts";
import { isCollision, isRefusal, toStoreFailure } from "./database-error.ts";
import { createGroupCommit, type GroupCommit } from "./group-commit.ts";
import { runLedgerBatch, type CallOutcome, type LedgerCall } from "./ledger-batch.ts";
import type { LoadedTables } from "./loaded-tables.ts";
import { findExpired, prepareLedger } from "./ledger-statements.ts";
import { createReconnectingClient } from "./reconnecting-client.ts";

/** The ledger, and the end of the audit chain, which is written under the same lock. */
export interface PostgresLedger extends Ledger {
  append(entry: AuditEntry): Promise<AuditRow>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

interface LedgerDependencies {
  readonly settings: pg.ClientConfig;
  /** For reads that need no lock. */
  readonly pool: pg.Pool;
  readonly digest: AuditDigest;
}

const batchLimit = 256;
const expiryPage = 500;
const tries = 4;

/**
 * A ledger that all nodes of one database share. Calls of this node that wait together are one transaction;
 * transactions of all nodes follow one another. Rejects with a `FailureError` of code `store_unavailable` where the
 * database is out of reach: then the call may have been committed or not, and may be made again.
 */
export function createPostgresLedger({ settings, pool, digest }: LedgerDependencies): PostgresLedger {
  const connection = createReconnectingClient(settings, prepareLedger);

  async function runOnce(calls: readonly LedgerCall[]): Promise<readonly CallOutcome[]> {
    const client = await connection.connect();
    try {
      return await runLedgerBatch(client, calls, digest);
    } catch (error) {
      await client.query("rollback").catch(() => connection.drop(client));
      throw error;
    }
  }

  async function run(calls: readonly LedgerCall[]): Promise<readonly CallOutcome[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await runOnce(calls);
      } catch (error) {
        if (isCollision(error) && attempt < tries) continue;
        if (isRefusal(error) && calls.length > 1) return runSingly(calls);
        throw toStoreFailure(error);
      }
    }
  }

  /** One of them spoils the transaction of all: each gets one of its own. */
  async function runSingly(calls: readonly LedgerCall[]): Promise<readonly CallOutcome[]> {
    const outcomes: CallOutcome[] = [];
    for (const call of calls) outcomes.push(...(await run([call]).catch((error: unknown) => [{ error }])));
    return outcomes;
  }

  const commits = createGroupCommit(run, batchLimit);
  return {
    ...createOperations(commits, pool),
    async close() {
      await commits.close();
      await connection.close();
    },
  };
}

function createOperations({ submit }: GroupCommit, pool: pg.Pool): Omit<PostgresLedger, "close"> {
  return {
    reserve(input) {
      const request = toCleanText(input);
      const requestIds = [request.requestId];
      return submit({
        needs: { requestIds, subjects: toSubjects(request), at: request.now, keyIds: [request.keyId] },
        run: (tables) => reserve(tables, request),
      });
    },
    extend(requestId, more, now) {
      const id = toCleanText(requestId);
      return submit({ needs: { requestIds: [id] }, run: (tables) => extend(tables, id, more, now) });
    },
    settle(requestId, spent, usage, audit) {
      const [id, row, entry] = [toCleanText(requestId), toCleanText(usage), toCleanText(audit)];
      return submit({
        needs: { requestIds: [id, row.id], subjects: toSubjects(row), at: row.at },
        run: (tables) => settle(tables, id, spent, row, entry),
      });
    },
    record(usage, audit) {
      const [row, entry] = [toCleanText(usage), toCleanText(audit)];
      return submit({ needs: { requestIds: [row.id] }, run: (tables) => record(tables, row, entry) });
    },
    renew: (nodeId, until) =>
      submit({ needs: {}, renewal: { nodeId: toCleanText(nodeId), until }, run: () => undefined }),
    append(entry) {
      const clean = toCleanText(entry);
      return submit({ needs: {}, run: (tables) => tables.appendAudit(clean) });
    },
    async expire(now) {
      for (let expired = 0; ;) {
        const ids = await listExpired(pool, now);
        if (ids.length > 0) {
          expired += await submit({ needs: { requestIds: ids }, run: (tables) => expireAll(tables, ids, now) });
        }
        if (ids.length < expiryPage) return expired;
      }
    },
  };
}

async function listExpired(pool: pg.Pool, now: number): Promise<readonly string[]> {
  try {
    const { rows } = await pool.query<{ request_id: string }>({ ...findExpired, values: [now, expiryPage] });
    return rows.map((row) => row.request_id);
  } catch (error) {
    throw toStoreFailure(error);
  }
}

/** Ends those that are still open and still late: other calls came in between. */
function expireAll(tables: LoadedTables, ids: readonly string[], now: number): number {
  let expired = 0;
  for (const id of ids) {
    const reservation = tables.reservation(id);
    if (reservation === undefined || reservation.request.leaseUntil > now) continue;
    expire(tables, reservation, now);
    expired += 1;
  }
  return expired;
}

interface Billed {
  readonly projectId: string;
  readonly keyId: string;
  readonly runId: string | null;
}

function toSubjects({ projectId, keyId, runId }: Billed): (readonly [BudgetSubject, string])[] {
  const subjects: (readonly [BudgetSubject, string])[] = [
    ["project", projectId],
    ["key", keyId],
  ];
  return runId === null ? subjects : [...subjects, ["run", runId]];
}
