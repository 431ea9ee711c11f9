import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Responses that clients ask to be kept, each with what came before it. */
export const responsesMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("responses")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("previous_id", "text")
      .addColumn("root_id", "text", (column) => column.notNull())
      .addColumn("depth", "bigint", (column) => column.notNull())
      .addColumn("bytes", "bigint", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("input", "text", (column) => column.notNull())
      .addColumn("lease_until", "bigint")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .addColumn("expires_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("responses_of_root").on("responses").column("root_id").execute();
    await db.schema.createIndex("responses_over").on("responses").column("expires_at").execute();
  },
};
