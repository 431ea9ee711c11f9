import type pg from "pg";
import type { QueuedEvent } from "../../../core/ports/webhook-store.ts";
import type { SessionWrites } from "../shared/session-queries.ts";
import { isUniqueViolation } from "../shared/unique-violation.ts";
import type { CommitAnswer, CommitRows } from "../shared/session-rows.ts";
import { toCleanText } from "./clean-text.ts";
import { toStoreFailure } from "./database-error.ts";
import { commitStatement, commitWithNewsStatement, createStatement, removeStatement } from "./session-statements.ts";

/**
 * Each write is one statement, committed by itself: many of them share one sync of the disk, since the server gathers what is committed at
 * the same time.
 */
export function createSessionWrites(pool: pg.Pool): SessionWrites {
  const run = async <Row extends pg.QueryResultRow>(statement: pg.QueryConfig, values: unknown[]): Promise<Row[]> => {
    try {
      return (await pool.query<Row>({ ...statement, values })).rows;
    } catch (error) {
      throw toStoreFailure(error);
    }
  };

  /** Why a commit changed nothing. */
  async function explain({
    sessionId,
    fence,
    claim,
  }: Pick<CommitRows, "sessionId" | "fence" | "claim">): Promise<CommitAnswer> {
    const repeated = await findRepeated(claim);
    if (repeated !== undefined) return repeated;
    const [row] = await run<{ fence: number }>({ text: "select fence from sessions where id = $1" }, [sessionId]);
    if (row === undefined) return { kind: "gone" };
    return { kind: fence !== null && row.fence !== fence ? "fenced" : "stale" };
  }

  async function findRepeated(claim: CommitRows["claim"]): Promise<CommitAnswer | undefined> {
    if (claim === null) return undefined;
    const text = "select digest, answer from idempotency_keys where scope = $1 and claim = $2";
    const [row] = await run<{ digest: string; answer: string }>({ text }, [claim.scope, claim.claim]);
    return row && { kind: "repeated", ...row };
  }

  /** Two requests with one key at the same moment: the second finds the first's answer. */
  async function orRepeated(claim: CommitRows["claim"], write: Promise<CommitAnswer>): Promise<CommitAnswer> {
    try {
      return await write;
    } catch (error) {
      const repeated = isUniqueViolation(error) ? await findRepeated(claim) : undefined;
      if (repeated === undefined) throw error;
      return repeated;
    }
  }

  async function commit(rows: CommitRows): Promise<CommitAnswer> {
    const hasNews = rows.news.length > 0;
    const statement = hasNews ? commitWithNewsStatement : commitStatement;
    const values = hasNews ? [...toCommitValues(rows), ...toNewsValues(rows.news)] : toCommitValues(rows);
    const [row] = await run<{ before: number; version: number }>(statement, values);
    if (row === undefined) return await explain(rows);
    return { kind: "committed", firstSequence: row.before + 1, version: row.version };
  }

  return {
    shared: true,
    commit(given) {
      const rows = toCleanText(given);
      return orRepeated(rows.claim, commit(rows));
    },
    create(given) {
      const { session, events, copy, claim, news } = toCleanText(given);
      const create = async (): Promise<CommitAnswer> => {
        const [row] = await run<{ id: string }>(createStatement, [
          JSON.stringify(session),
          ...toColumns(events, ["position", "id", "type", "processed_at", "body"]),
          copy?.sessionId ?? null,
          copy?.upTo ?? 0,
          copy?.withTranscript ?? false,
          ...toClaimValues(claim),
          ...toNewsValues(news),
        ]);
        if (row === undefined) return await explain({ sessionId: session.id, fence: null, claim });
        return { kind: "committed", firstSequence: (copy?.upTo ?? 0) + 1, version: 1 };
      };
      return orRepeated(claim, create());
    },
    remove: async (id, news) =>
      (await run(removeStatement, [toCleanText(id), ...toNewsValues(toCleanText(news))])).length > 0,
  };
}

function toCommitValues(rows: CommitRows): unknown[] {
  const { transcript } = rows;
  return [
    rows.sessionId,
    rows.version,
    rows.fence,
    rows.events.length,
    rows.status,
    rows.ready,
    rows.state,
    rows.body,
    rows.archivedAt,
    rows.now,
    ...toColumns(rows.events, ["position", "id", "type", "processed_at", "body"]),
    ...toColumns(rows.processed, ["id", "at", "body"]),
    JSON.stringify(rows.opened),
    ...toColumns(rows.closed, ["id", "state", "outcome"]),
    transcript?.transcript_id ?? null,
    transcript?.content ?? null,
    transcript?.digest ?? null,
    transcript?.sequence ?? null,
    ...toClaimValues(rows.claim),
  ];
}

function toClaimValues(claim: CommitRows["claim"]): unknown[] {
  return [claim?.scope ?? null, claim?.claim ?? null, claim?.digest ?? null, claim?.answer ?? null];
}

function toNewsValues(news: readonly QueuedEvent[]): unknown[] {
  return toColumns(news, ["eventId", "projectId", "type", "body", "now"]);
}

/** Rows as one array for each column, which the statement puts together again. */
function toColumns<Row extends object>(rows: readonly Row[], names: readonly (keyof Row)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}
