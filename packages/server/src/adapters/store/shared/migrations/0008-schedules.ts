import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Tasks that are made again and again, and which of them a task comes from. */
export const schedulesMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("schedules")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("due_at", "bigint")
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("version", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("schedules_newest").on("schedules").columns(["created_at", "id"]).execute();
    await db.schema
      .createIndex("schedules_of_project")
      .on("schedules")
      .columns(["project_id", "created_at", "id"])
      .execute();
    await db.schema.createIndex("schedules_due").on("schedules").column("due_at").execute();
    await db.schema.alterTable("jobs").addColumn("schedule_id", "text").execute();
    await db.schema
      .createIndex("jobs_of_schedule")
      .on("jobs")
      .columns(["schedule_id", "created_at", "id"])
      .where(sql.ref("schedule_id"), "is not", null)
      .execute();
  },
};
