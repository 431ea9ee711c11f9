import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Work that waits for a worker. */
export const jobsMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("jobs")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("phase", "text", (column) => column.notNull())
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("priority", "integer", (column) => column.notNull())
      .addColumn("not_before", "bigint", (column) => column.notNull())
      .addColumn("project_limit", "integer", (column) => column.notNull())
      .addColumn("key_limit", "integer", (column) => column.notNull())
      .addColumn("lease_node", "text")
      .addColumn("lease_until", "bigint", (column) => column.notNull())
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("fence", "bigint", (column) => column.notNull())
      .addColumn("version", "bigint", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("jobs_newest").on("jobs").columns(["kind", "created_at", "id"]).execute();
    await db.schema
      .createIndex("jobs_of_project")
      .on("jobs")
      .columns(["project_id", "kind", "created_at", "id"])
      .execute();
    // However many there were, few wait or run.
    await db.schema
      .createIndex("jobs_open")
      .on("jobs")
      .columns(["kind", "phase", "project_id"])
      .where(sql.ref("phase"), "!=", "done")
      .execute();
    await db.schema
      .createIndex("jobs_done")
      .on("jobs")
      .column("updated_at")
      .where(sql.ref("phase"), "=", "done")
      .execute();
    await db.schema
      .createTable("job_turns")
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("served_at", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("job_turns_key", ["kind", "project_id"])
      .execute();
    await db.schema
      .createTable("job_holds")
      .addColumn("kind", "text", (column) => column.primaryKey())
      .addColumn("until", "bigint", (column) => column.notNull())
      .execute();
  },
};
