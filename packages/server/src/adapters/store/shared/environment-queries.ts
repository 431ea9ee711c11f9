import type { Kysely, Selectable } from "kysely";
import type { EnvironmentStore, StoredEnvironment } from "../../../core/ports/environment-store.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

/** Environments on either store. Every write is one statement. */
export function createEnvironmentQueries(db: Kysely<Database>): EnvironmentStore {
  const find = async (id: string): Promise<StoredEnvironment | undefined> => {
    const row = await db.selectFrom("environments").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toEnvironment(row);
  };

  return {
    async create({ id, projectId, body, createdAt }) {
      const row = {
        id,
        project_id: projectId,
        revision: 1,
        body: JSON.stringify(body),
        created_at: createdAt,
        updated_at: createdAt,
        archived_at: null,
        deleted_at: null,
      };
      const query = db.insertInto("environments").values(row).returningAll();
      return toEnvironment(
        await refuseTaken(query.executeTakeFirstOrThrow(), "An environment of this id exists already."),
      );
    },
    find,
    async update(id, revision, body, now) {
      const row = await db
        .updateTable("environments")
        .set({ body: JSON.stringify(body), updated_at: now, revision: revision + 1 })
        .where("id", "=", id)
        .where("revision", "=", revision)
        .where("archived_at", "is", null)
        .where("deleted_at", "is", null)
        .returningAll()
        .executeTakeFirst();
      return row && toEnvironment(row);
    },
    async list({ limit, cursor, projectId, includeArchived }) {
      let query = db.selectFrom("environments").selectAll().where("deleted_at", "is", null);
      query = query.orderBy("created_at", "desc").orderBy("id", "desc");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (!includeArchived) query = query.where("archived_at", "is", null);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "environments", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toEnvironment, ({ id }) => id);
    },
    async archive(id, now) {
      const query = db.updateTable("environments").set({ archived_at: now, updated_at: now }).where("id", "=", id);
      await query.where("archived_at", "is", null).execute();
      return await find(id);
    },
    async delete(id, now) {
      const query = db.updateTable("environments").set({ deleted_at: now, updated_at: now }).where("id", "=", id);
      const { numUpdatedRows } = await query.where("deleted_at", "is", null).executeTakeFirst();
      return numUpdatedRows > 0n;
    },
  };
}

function toEnvironment(row: Selectable<Database["environments"]>): StoredEnvironment {
  return {
    id: row.id,
    projectId: row.project_id,
    revision: row.revision,
    body: JSON.parse(row.body),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at,
    deletedAt: row.deleted_at,
  };
}
