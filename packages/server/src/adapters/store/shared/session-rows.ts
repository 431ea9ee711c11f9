import type { Selectable } from "kysely";
import type { LoggedEvent, NewEvent, SessionCommit } from "../../../core/ports/event-log.ts";
import type { QueuedEvent } from "../../../core/ports/webhook-store.ts";
import type { InteractionRecord, NewSession, SessionRecord } from "../../../core/ports/session-store.ts";
import type { Database } from "./schema.ts";

/** A commit as the tables take it: everything that is JSON is a text. */
export interface CommitRows {
  readonly sessionId: string;
  readonly version: number;
  readonly fence: number | null;
  readonly now: number;
  readonly status: string;
  readonly ready: number;
  readonly state: string;
  readonly body: string | null;
  readonly archivedAt: number | null;
  readonly events: readonly EventRow[];
  readonly processed: readonly { readonly id: string; readonly at: number; readonly body: string | null }[];
  readonly opened: readonly Database["interactions"][];
  readonly closed: readonly { readonly id: string; readonly state: string; readonly outcome: string }[];
  readonly transcript: Omit<Database["transcripts"], "session_id"> | null;
  readonly claim: Omit<Database["idempotency_keys"], "created_at"> | null;
  readonly news: readonly QueuedEvent[];
}

/** `position` counts the events of one step from 1. */
export interface EventRow {
  readonly position: number;
  readonly id: string;
  readonly type: string;
  readonly processed_at: number | null;
  readonly body: string;
}

export interface NewSessionRows {
  readonly session: Database["sessions"];
  readonly events: readonly EventRow[];
  readonly copy: { readonly sessionId: string; readonly upTo: number; readonly withTranscript: boolean } | null;
  readonly claim: Omit<Database["idempotency_keys"], "created_at"> | null;
  readonly news: readonly QueuedEvent[];
}

/** What came of a commit, with the answer of a repeated claim still as text. */
export type CommitAnswer =
  | { readonly kind: "committed"; readonly firstSequence: number; readonly version: number }
  | { readonly kind: "stale" | "fenced" | "gone" }
  | { readonly kind: "repeated"; readonly digest: string; readonly answer: string };

export function toCommitRows(commit: SessionCommit): CommitRows {
  const { transcript, claim } = commit;
  return {
    sessionId: commit.sessionId,
    version: commit.version,
    fence: commit.fence ?? null,
    now: commit.now,
    status: commit.status,
    ready: Number(commit.ready),
    state: JSON.stringify(commit.state),
    body: commit.body === undefined ? null : JSON.stringify(commit.body),
    archivedAt: commit.archivedAt ?? null,
    events: commit.events.map(toEventRow),
    processed: (commit.processed ?? []).map(({ id, at, body }) => ({
      id,
      at,
      body: body === undefined ? null : JSON.stringify(body),
    })),
    opened: (commit.opened ?? []).map((opened) => ({
      id: opened.id,
      session_id: opened.sessionId,
      project_id: opened.projectId,
      kind: opened.kind,
      state: "open",
      deadline: opened.deadline,
      created_at: opened.createdAt,
      body: JSON.stringify(opened.body),
      outcome: null,
    })),
    closed: (commit.closed ?? []).map(({ id, state, outcome }) => ({ id, state, outcome: JSON.stringify(outcome) })),
    transcript:
      transcript === undefined
        ? null
        : {
            transcript_id: transcript.transcriptId,
            content: transcript.content,
            digest: transcript.digest,
            sequence: transcript.sequence,
          },
    claim: claim === undefined ? null : toClaimRow(claim),
    news: commit.news ?? [],
  };
}

function toEventRow({ id, type, processedAt, body }: NewEvent, index: number): EventRow {
  return { position: index + 1, id, type, processed_at: processedAt, body: JSON.stringify(body) };
}

function toClaimRow(claim: NonNullable<SessionCommit["claim"]>): Omit<Database["idempotency_keys"], "created_at"> {
  return { scope: claim.scope, claim: claim.key, digest: claim.digest, answer: JSON.stringify(claim.answer) };
}

export function toNewSessionRows(session: NewSession): NewSessionRows {
  const { copy = null, claim } = session;
  return {
    session: {
      id: session.id,
      project_id: session.projectId,
      key_id: session.keyId,
      agent_id: session.agentId,
      agent_version: session.agentVersion,
      status: session.status,
      body: JSON.stringify(session.body),
      state: JSON.stringify(session.state),
      created_at: session.createdAt,
      updated_at: session.createdAt,
      archived_at: null,
      last_sequence: (copy?.upTo ?? 0) + session.events.length,
      version: 1,
      ready: Number(session.ready),
      lease_node: null,
      lease_until: 0,
      fence: 0,
    },
    events: session.events.map(toEventRow),
    copy,
    claim: claim === undefined ? null : toClaimRow(claim),
    news: session.news ?? [],
  };
}

export function toSessionRecord(row: Selectable<Database["sessions"]>): SessionRecord {
  return {
    id: row.id,
    projectId: row.project_id,
    keyId: row.key_id,
    agentId: row.agent_id,
    agentVersion: row.agent_version,
    // Written by the machine alone.
    status: row.status as SessionRecord["status"],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at,
    lastSequence: row.last_sequence,
    version: row.version,
    fence: row.fence,
    body: JSON.parse(row.body),
    state: JSON.parse(row.state),
  };
}

export function toLoggedEvent(row: Selectable<Database["session_events"]>): LoggedEvent {
  return {
    sequence: row.sequence,
    id: row.id,
    type: row.type as LoggedEvent["type"],
    processedAt: row.processed_at,
    body: JSON.parse(row.body),
  };
}

export function toInteractionRecord(row: Selectable<Database["interactions"]>): InteractionRecord {
  return {
    id: row.id,
    sessionId: row.session_id,
    projectId: row.project_id,
    kind: row.kind as InteractionRecord["kind"],
    state: row.state as InteractionRecord["state"],
    deadline: row.deadline,
    createdAt: row.created_at,
    body: JSON.parse(row.body),
    outcome: row.outcome === null ? null : JSON.parse(row.outcome),
  };
}
