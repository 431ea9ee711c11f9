import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** What a webhook's links to answer interactions are signed with. */
export const answerLinksMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema.alterTable("webhooks").addColumn("link_secret", "text").execute();
  },
};
