import { sql, type ExpressionBuilder, type Kysely } from "kysely";
import type { TimeBounds } from "../../../core/sessions/session-service.ts";
import type { SessionStore } from "../../../core/ports/session-store.ts";
import type { QueuedEvent } from "../../../core/ports/webhook-store.ts";
import { createClaimQueries } from "./claim-queries.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import {
  toCommitRows,
  toInteractionRecord,
  toLoggedEvent,
  toNewSessionRows,
  toSessionRecord,
  type CommitAnswer,
  type CommitRows,
  type NewSessionRows,
} from "./session-rows.ts";

/** The writes of more than one table, which each store does in its own way. */
export interface SessionWrites {
  readonly shared: boolean;
  commit(rows: CommitRows): Promise<CommitAnswer>;
  create(rows: NewSessionRows): Promise<CommitAnswer>;
  remove(id: string, news: readonly QueuedEvent[]): Promise<boolean>;
}

type Queries = Omit<SessionStore, "shared" | "commit" | "create" | "remove">;

/** Sessions on either store: the writes as that store does them, and one text for all the rest. */
export function createSessionStore(database: Kysely<Database>, writes: SessionWrites): SessionStore {
  const db = database.withPlugin(createCleanTextPlugin());
  return {
    ...createLogQueries(db),
    ...createRecordQueries(db),
    ...createInteractionQueries(db),
    ...createTranscriptQueries(db),
    ...createClaimQueries(db),
    shared: writes.shared,
    async commit(commit) {
      const answer = await writes.commit(toCommitRows(commit));
      return answer.kind === "repeated" ? { ...answer, answer: JSON.parse(answer.answer) } : answer;
    },
    async create(session) {
      const rows = toNewSessionRows(session);
      const answer = await writes.create(rows);
      if (answer.kind === "repeated") return { ...answer, answer: JSON.parse(answer.answer) };
      return { kind: "created", record: toSessionRecord(rows.session) };
    },
    remove: writes.remove,
  };
}

function createLogQueries(db: Kysely<Database>): Pick<Queries, "readEvents" | "listEvents" | "findEvent"> {
  const events = () => db.selectFrom("session_events").selectAll();
  return {
    async readEvents(sessionId, after, limit) {
      const query = events().where("session_id", "=", sessionId).where("sequence", ">", after);
      return (await query.orderBy("sequence").limit(limit).execute()).map(toLoggedEvent);
    },
    async listEvents({ sessionId, order, limit, from, types, processedAt = {}, waiting }) {
      let query = events().where("session_id", "=", sessionId).orderBy("sequence", order).limit(limit);
      if (from !== undefined) query = query.where("sequence", order === "asc" ? ">" : "<", from);
      if (types !== undefined) query = query.where("type", "in", types);
      if (waiting === true) query = query.where("processed_at", "is", null);
      query = query.where((builder) => isWithin(builder, "processed_at", processedAt));
      return (await query.execute()).map(toLoggedEvent);
    },
    async findEvent(sessionId, eventId) {
      const row = await events().where("session_id", "=", sessionId).where("id", "=", eventId).executeTakeFirst();
      return row && toLoggedEvent(row);
    },
  };
}

function isWithin<Table extends keyof Database>(
  builder: ExpressionBuilder<Database, Table>,
  column: string,
  { gt, gte, lt, lte }: TimeBounds,
) {
  const bounds = [
    [">", gt],
    [">=", gte],
    ["<", lt],
    ["<=", lte],
  ] as const;
  return builder.and(
    bounds.flatMap(([operator, value]) =>
      value === undefined ? [] : [sql<boolean>`${sql.ref(column)} ${sql.raw(operator)} ${value}`],
    ),
  );
}

function createRecordQueries(
  db: Kysely<Database>,
): Pick<Queries, "find" | "list" | "acquire" | "renew" | "release" | "listAbandoned" | "readVersions"> {
  return {
    async find(id) {
      const row = await db.selectFrom("sessions").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toSessionRecord(row);
    },
    async list({ order, limit, from, projectId, agentId, agentVersion, statuses, createdAt = {}, includeArchived }) {
      let query = db.selectFrom("sessions").selectAll().orderBy("created_at", order).orderBy("id", order).limit(limit);
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (agentId !== undefined) query = query.where("agent_id", "=", agentId);
      if (agentVersion !== undefined) query = query.where("agent_version", "=", agentVersion);
      if (statuses !== undefined) query = query.where("status", "in", statuses);
      if (!includeArchived) query = query.where("archived_at", "is", null);
      if (from !== undefined) {
        const operator = sql.raw(order === "asc" ? ">" : "<");
        query = query.where(sql<boolean>`(created_at, id) ${operator} (${from.at}, ${from.id})`);
      }
      query = query.where((builder) => isWithin(builder, "created_at", createdAt));
      return (await query.execute()).map(toSessionRecord);
    },
    async acquire(id, nodeId, now, until) {
      const row = await db
        .updateTable("sessions")
        .set({ lease_node: nodeId, lease_until: until, fence: sql<number>`fence + 1` })
        .where("id", "=", id)
        .where((builder) => builder.or([builder("lease_node", "is", null), builder("lease_until", "<=", now)]))
        .returningAll()
        .executeTakeFirst();
      return row && toSessionRecord(row);
    },
    async renew(nodeId, ids, until) {
      if (ids.length === 0) return [];
      const query = db.updateTable("sessions").set({ lease_until: until }).where("lease_node", "=", nodeId);
      return (await query.where("id", "in", ids).returning("id").execute()).map(({ id }) => id);
    },
    async release(id, fence) {
      const query = db.updateTable("sessions").set({ lease_node: null, lease_until: 0 }).where("id", "=", id);
      await query.where("fence", "=", fence).execute();
    },
    async listAbandoned(now, limit) {
      const query = db
        .selectFrom("sessions")
        .select("id")
        .where((builder) => builder.or([builder("ready", "=", 1), builder("lease_node", "is not", null)]))
        .where("lease_until", "<=", now);
      return (await query.orderBy("lease_until").limit(limit).execute()).map(({ id }) => id);
    },
    async readVersions(ids) {
      if (ids.length === 0) return new Map();
      const query = db.selectFrom("sessions").select(["id", "version", "last_sequence"]).where("id", "in", ids);
      const rows = await query.execute();
      return new Map(rows.map((row) => [row.id, { version: row.version, lastSequence: row.last_sequence }]));
    },
  };
}

function createInteractionQueries(
  db: Kysely<Database>,
): Pick<Queries, "findInteraction" | "listInteractions" | "listDueInteractions"> {
  return {
    async findInteraction(id) {
      const row = await db.selectFrom("interactions").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toInteractionRecord(row);
    },
    async listInteractions({ limit, cursor, projectId, sessionId, states, kind }) {
      let query = db.selectFrom("interactions").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (sessionId !== undefined) query = query.where("session_id", "=", sessionId);
      if (kind !== undefined) query = query.where("kind", "=", kind);
      query = query.where("state", "in", states);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "interactions", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toInteractionRecord, ({ id }) => id);
    },
    async listDueInteractions(now, limit) {
      const query = db.selectFrom("interactions").selectAll().where("state", "=", "open").where("deadline", "<=", now);
      return (await query.orderBy("deadline").limit(limit).execute()).map(toInteractionRecord);
    },
  };
}

function createTranscriptQueries(db: Kysely<Database>): Pick<Queries, "findTranscript"> {
  return {
    async findTranscript(sessionId) {
      const query = db.selectFrom("transcripts").selectAll().where("session_id", "=", sessionId);
      const row = await query.executeTakeFirst();
      if (row === undefined) return undefined;
      return { transcriptId: row.transcript_id, content: row.content, digest: row.digest, sequence: row.sequence };
    },
  };
}
