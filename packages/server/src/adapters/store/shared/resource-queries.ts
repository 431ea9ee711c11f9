import type { Kysely } from "kysely";
import type { ResourceStore } from "../../../core/ports/resource-store.ts";
import type { Database } from "./schema.ts";

/** The resources of sessions, on either store. Every write is one statement. */
export function createResourceQueries(db: Kysely<Database>): ResourceStore {
  return {
    async add(resources, now) {
      if (resources.length === 0) return;
      const rows = resources.map(({ sessionId, resource }, index) => ({
        id: resource.id,
        session_id: sessionId,
        // By time, and within one request by place.
        position: now * 1000 + index,
        body: JSON.stringify(resource),
      }));
      await db.insertInto("session_resources").values(rows).execute();
    },
    async list(sessionIds) {
      if (sessionIds.length === 0) return [];
      const rows = await db
        .selectFrom("session_resources")
        .select(["session_id", "body"])
        .where("session_id", "in", sessionIds)
        .orderBy("position")
        .orderBy("id")
        .execute();
      return rows.map((row) => ({ sessionId: row.session_id, resource: JSON.parse(row.body) }));
    },
    async delete(sessionId, id) {
      const query = db.deleteFrom("session_resources").where("id", "=", id).where("session_id", "=", sessionId);
      return (await query.executeTakeFirst()).numDeletedRows > 0n;
    },
    async deleteAll(sessionId) {
      await db.deleteFrom("session_resources").where("session_id", "=", sessionId).execute();
    },
  };
}
