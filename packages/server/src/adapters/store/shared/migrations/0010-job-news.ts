import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** What of a job is to be told outside and has not been handed on yet. */
export const jobNewsMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema.alterTable("jobs").addColumn("news", "text").execute();
    await db.schema
      .createIndex("jobs_news")
      .on("jobs")
      .columns(["kind", "updated_at"])
      .where(sql.ref("news"), "is not", null)
      .execute();
  },
};
