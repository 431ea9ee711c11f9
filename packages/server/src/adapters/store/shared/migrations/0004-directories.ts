import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Directories of the host that work may begin with. */
export const directoriesMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("directories")
      .addColumn("name", "text", (column) => column.primaryKey())
      .addColumn("path", "text", (column) => column.notNull())
      .addColumn("access", "text", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("directories_newest").on("directories").columns(["created_at", "name"]).execute();
  },
};
