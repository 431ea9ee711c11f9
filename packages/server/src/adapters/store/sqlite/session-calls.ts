import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { QueuedEvent } from "../../../core/ports/webhook-store.ts";
import type { CommitAnswer, CommitRows, EventRow, NewSessionRows } from "../shared/session-rows.ts";

export interface SessionCalls {
  commitSession(rows: CommitRows): CommitAnswer;
  createSession(rows: NewSessionRows): CommitAnswer;
  removeSession(id: string, news: readonly QueuedEvent[]): boolean;
}

/** The writes of sessions, to be run inside a transaction. */
export function createSessionCalls(db: DatabaseSync): SessionCalls {
  const prepare = (text: string) => {
    // When it is first used: a store that is only read has no need of them.
    let statement: ReturnType<DatabaseSync["prepare"]> | undefined;
    return () => (statement ??= db.prepare(text));
  };
  const findClaim = prepare("select digest, answer from idempotency_keys where scope = ? and claim = ?");
  const addClaim = prepare(
    "insert into idempotency_keys (scope, claim, digest, answer, created_at) values (?, ?, ?, ?, ?)",
  );
  const update = prepare(
    "update sessions set version = version + 1, last_sequence = last_sequence + ?, status = ?, ready = ?, state = ?, " +
      "body = coalesce(?, body), archived_at = coalesce(?, archived_at), updated_at = ? " +
      "where id = ? and version = ? and fence = coalesce(?, fence) returning last_sequence",
  );
  const look = prepare("select fence from sessions where id = ?");
  const addEvent = prepare(
    "insert into session_events (session_id, sequence, id, type, processed_at, body) values (?, ?, ?, ?, ?, ?)",
  );
  const changeEvent = prepare(
    "update session_events set processed_at = ?, body = coalesce(?, body) where session_id = ? and id = ?",
  );
  const openInteraction = prepare(
    "insert into interactions (id, session_id, project_id, kind, state, deadline, created_at, body) " +
      "values (?, ?, ?, ?, ?, ?, ?, ?)",
  );
  const closeInteraction = prepare("update interactions set state = ?, outcome = ? where id = ?");
  const putTranscript = prepare(
    "insert into transcripts (session_id, transcript_id, content, digest, sequence) values (?, ?, ?, ?, ?) " +
      "on conflict (session_id) do update set transcript_id = excluded.transcript_id, content = excluded.content, " +
      "digest = excluded.digest, sequence = excluded.sequence",
  );
  const copyEvents = prepare(
    "insert into session_events (session_id, sequence, id, type, processed_at, body) " +
      "select ?, sequence, id, type, coalesce(processed_at, ?), body from session_events where session_id = ? and sequence <= ?",
  );
  const copyTranscript = prepare(
    "insert into transcripts (session_id, transcript_id, content, digest, sequence) " +
      "select ?, transcript_id, content, digest, sequence from transcripts where session_id = ? and sequence <= ?",
  );
  const removals = ["session_events", "interactions", "transcripts"].map((table) =>
    prepare(`delete from ${table} where session_id = ?`),
  );
  const removeSession = prepare("delete from sessions where id = ?");
  const queueNews = prepare(
    "insert into webhook_deliveries (id, webhook_id, event_id, type, body, state, attempts, at, created_at) " +
      "select id || '.' || :eventId, id, :eventId, :type, :body, 'pending', 0, :now, :now from webhooks " +
      "where project_id = :projectId and disabled = 0 and (events like '%\"*\"%' or events like '%\"' || :type || '\"%') " +
      "on conflict (id) do nothing",
  );

  const findRepeated = (claim: CommitRows["claim"]): CommitAnswer | undefined => {
    const found = claim === null ? undefined : findClaim().get(claim.scope, claim.claim);
    return found && { kind: "repeated", digest: String(found["digest"]), answer: String(found["answer"]) };
  };
  const putClaim = (claim: CommitRows["claim"], now: number): void => {
    if (claim !== null) addClaim().run(claim.scope, claim.claim, claim.digest, claim.answer, now);
  };
  const queueAll = (news: readonly QueuedEvent[]): void => {
    for (const event of news) queueNews().run({ ...event });
  };
  const addEvents = (sessionId: string, before: number, events: readonly EventRow[]): void => {
    for (const { position, id, type, processed_at, body } of events) {
      addEvent().run(sessionId, before + position, id, type, processed_at, body);
    }
  };

  return {
    commitSession(rows) {
      const repeated = findRepeated(rows.claim);
      if (repeated !== undefined) return repeated;
      const { sessionId, now } = rows;
      const changed = update().get(
        rows.events.length,
        rows.status,
        rows.ready,
        rows.state,
        rows.body,
        rows.archivedAt,
        now,
        sessionId,
        rows.version,
        rows.fence,
      );
      if (changed === undefined) return explain(look().get(sessionId), rows.fence);
      const before = Number(changed["last_sequence"]) - rows.events.length;
      addEvents(sessionId, before, rows.events);
      for (const { id, at, body } of rows.processed) changeEvent().run(at, body, sessionId, id);
      for (const row of rows.opened) {
        const { id, session_id, project_id, kind, state, deadline, created_at, body } = row;
        openInteraction().run(id, session_id, project_id, kind, state, deadline, created_at, body);
      }
      for (const { id, state, outcome } of rows.closed) closeInteraction().run(state, outcome, id);
      const { transcript } = rows;
      if (transcript !== null) {
        const { transcript_id, content, digest, sequence } = transcript;
        putTranscript().run(sessionId, transcript_id, content, digest, sequence);
      }
      putClaim(rows.claim, now);
      queueAll(rows.news);
      return { kind: "committed", firstSequence: before + 1, version: rows.version + 1 };
    },
    createSession({ session, events, copy, claim, news }) {
      const repeated = findRepeated(claim);
      if (repeated !== undefined) return repeated;
      const columns = Object.keys(session);
      const values: SQLInputValue[] = Object.values(session);
      db.prepare(`insert into sessions (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`).run(
        ...values,
      );
      if (copy !== null) copyEvents().run(session.id, session.created_at, copy.sessionId, copy.upTo);
      if (copy?.withTranscript === true) copyTranscript().run(session.id, copy.sessionId, copy.upTo);
      addEvents(session.id, copy?.upTo ?? 0, events);
      putClaim(claim, session.created_at);
      queueAll(news);
      return { kind: "committed", firstSequence: (copy?.upTo ?? 0) + 1, version: 1 };
    },
    removeSession(id, news) {
      for (const removal of removals) removal().run(id);
      const isRemoved = removeSession().run(id).changes > 0;
      if (isRemoved) queueAll(news);
      return isRemoved;
    },
  };
}

function explain(row: Record<string, unknown> | undefined, fence: number | null): CommitAnswer {
  if (row === undefined) return { kind: "gone" };
  return { kind: fence !== null && Number(row["fence"]) !== fence ? "fenced" : "stale" };
}
