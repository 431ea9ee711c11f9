import { sql, type Kysely, type Selectable } from "kysely";
import type { ScheduleStore, StoredSchedule } from "../../../core/ports/schedule-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";

/** Schedules on either store. */
export function createScheduleStore(database: Kysely<Database>): ScheduleStore {
  const db = database.withPlugin(createCleanTextPlugin());
  const get = async (id: string): Promise<StoredSchedule | undefined> => {
    const row = await db.selectFrom("schedules").selectAll().where("id", "=", id).executeTakeFirst();
    return row && toSchedule(row);
  };

  return {
    async create({ id, projectId, keyId, dueAt, body, createdAt }) {
      const times = { due_at: dueAt, version: 1, created_at: createdAt, updated_at: createdAt };
      const row = await db
        .insertInto("schedules")
        .values({ id, project_id: projectId, key_id: keyId, body, ...times })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) return toSchedule(row);
      const known = await get(id);
      if (known === undefined) throw new Error("a schedule was removed while it was made");
      return known;
    },
    get,
    async list({ limit, cursor, projectId }) {
      let query = db.selectFrom("schedules").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "schedules", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toSchedule, ({ id }) => id);
    },
    async count(projectId) {
      const query = db.selectFrom("schedules").select((of) => of.fn.countAll<number>().as("all"));
      return Number((await query.where("project_id", "=", projectId).executeTakeFirstOrThrow()).all);
    },
    async change(id, version, { keyId, dueAt, body, now }) {
      const row = await db
        .updateTable("schedules")
        .set({ key_id: keyId, due_at: dueAt, body, updated_at: now, version: sql<number>`version + 1` })
        .where("id", "=", id)
        .where("version", "=", version)
        .returningAll()
        .executeTakeFirst();
      return row && toSchedule(row);
    },
    async remove(id) {
      const rows = await db.deleteFrom("schedules").where("id", "=", id).returning("id").execute();
      return rows.length > 0;
    },
    async listDue(now, limit) {
      const query = db.selectFrom("schedules").selectAll().where("due_at", "<=", now);
      return (await query.orderBy("due_at").orderBy("id").limit(limit).execute()).map(toSchedule);
    },
  };
}

function toSchedule(row: Selectable<Database["schedules"]>): StoredSchedule {
  return {
    id: row.id,
    projectId: row.project_id,
    keyId: row.key_id,
    dueAt: row.due_at,
    body: row.body,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
