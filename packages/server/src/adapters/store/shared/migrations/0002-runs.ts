import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Runs of agents, and a way to what a run has used. */
export const runsMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("runs")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("token_hash", "text", (column) => column.notNull())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("models", "text", (column) => column.notNull())
      .addColumn("metadata", "text", (column) => column.notNull())
      .addColumn("profile", "text", (column) => column.notNull())
      .addColumn("budget_id", "text")
      .addColumn("budget_reached", "integer", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .addColumn("ended_at", "bigint")
      .execute();
    await db.schema.createIndex("runs_newest").on("runs").columns(["created_at", "id"]).execute();
    await db.schema.createIndex("runs_project").on("runs").columns(["project_id", "created_at", "id"]).execute();
    // Most usage is of no run, and pays nothing for this.
    await db.schema
      .createIndex("usage_run")
      .on("usage")
      .columns(["run_id", "at"])
      .where("run_id", "is not", null)
      .execute();
  },
};
