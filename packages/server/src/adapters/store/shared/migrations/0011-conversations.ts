import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Conversations of clients that do not send them again with each request. */
export const conversationsMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("conversations")
      .addColumn("id", "text", (column) => column.notNull().primaryKey())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("version", "bigint", (column) => column.notNull())
      .addColumn("updated_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("conversations_age").on("conversations").columns(["updated_at"]).execute();
  },
};
