import type { Kysely } from "kysely";
import type { AgentStore, StoredAgent } from "../../../core/ports/agent-store.ts";
import { findPosition, isAfter, toPage, unknownCursor } from "./pages.ts";
import type { Database } from "./schema.ts";
import { isUniqueViolation, refuseTaken } from "./unique-violation.ts";

/** Agents on either store. */
export function createAgentQueries(db: Kysely<Database>): AgentStore {
  const versionsOf = () =>
    db
      .selectFrom("agents")
      .innerJoin("agent_versions", "agent_versions.agent_id", "agents.id")
      .select([
        "agents.id",
        "agents.project_id",
        "agents.created_at",
        "agents.archived_at",
        "agent_versions.version",
        "agent_versions.body",
        "agent_versions.created_at as updated_at",
      ]);
  const newest = () =>
    versionsOf().where((is) =>
      is(
        "agent_versions.version",
        "=",
        is
          .selectFrom("agent_versions as other")
          .select((of) => of.fn.max("other.version").as("newest"))
          .whereRef("other.agent_id", "=", "agents.id"),
      ),
    );
  const find = async (id: string, version?: number): Promise<StoredAgent | undefined> => {
    const query = version === undefined ? newest() : versionsOf().where("agent_versions.version", "=", version);
    const row = await query.where("agents.id", "=", id).executeTakeFirst();
    return row && toAgent(row);
  };

  return {
    async create({ id, projectId, body, createdAt }) {
      const taken = "An agent of this id exists already.";
      const version = { agent_id: id, version: 1, body: JSON.stringify(body), created_at: createdAt };
      // The version first: an agent without one is seen at no time, and a version without an agent never.
      await refuseTaken(db.insertInto("agent_versions").values(version).execute(), taken);
      const agent = { id, project_id: projectId, created_at: createdAt, archived_at: null };
      await refuseTaken(db.insertInto("agents").values(agent).execute(), taken);
      return { id, projectId, version: 1, body, createdAt, updatedAt: createdAt, archivedAt: null };
    },
    find,
    async addVersion(id, version, body, now) {
      const row = { agent_id: id, version, body: JSON.stringify(body), created_at: now };
      try {
        await db.insertInto("agent_versions").values(row).execute();
        return true;
      } catch (error) {
        if (isUniqueViolation(error)) return false;
        throw error;
      }
    },
    async list({ limit, cursor, projectId, includeArchived, from, to }) {
      let query = newest().orderBy("agents.created_at", "desc").orderBy("agents.id", "desc");
      if (projectId !== undefined) query = query.where("agents.project_id", "=", projectId);
      if (!includeArchived) query = query.where("agents.archived_at", "is", null);
      if (from !== undefined) query = query.where("agents.created_at", ">=", from);
      if (to !== undefined) query = query.where("agents.created_at", "<=", to);
      if (cursor !== undefined) {
        const position = await findPosition(db, "agents", "created_at", cursor);
        query = query.where(isAfter("agents.created_at", "agents.id", position));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toAgent, ({ id }) => id);
    },
    async versions(id, { limit, cursor }) {
      let query = versionsOf().where("agents.id", "=", id).orderBy("agent_versions.version", "desc");
      if (cursor !== undefined) {
        if (!/^[1-9]\d{0,9}$/.test(cursor)) throw unknownCursor();
        query = query.where("agent_versions.version", "<", Number(cursor));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toAgent, ({ version }) => String(version));
    },
    async archive(id, now) {
      const query = db.updateTable("agents").set({ archived_at: now }).where("id", "=", id);
      await query.where("archived_at", "is", null).execute();
      return await find(id);
    },
  };
}

interface AgentRow {
  readonly id: string;
  readonly project_id: string;
  readonly version: number;
  readonly body: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly archived_at: number | null;
}

function toAgent(row: AgentRow): StoredAgent {
  return {
    id: row.id,
    projectId: row.project_id,
    version: row.version,
    body: JSON.parse(row.body),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at,
  };
}
