import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Endpoints of webhooks, and the queue of what they are to get. */
export const webhooksMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("webhooks")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("project_id", "text", (column) => column.notNull())
      .addColumn("url", "text", (column) => column.notNull())
      .addColumn("events", "text", (column) => column.notNull())
      .addColumn("description", "text", (column) => column.notNull())
      .addColumn("secret", "text", (column) => column.notNull())
      .addColumn("previous_secret", "text")
      .addColumn("previous_until", "bigint", (column) => column.notNull())
      .addColumn("disabled", "integer", (column) => column.notNull())
      .addColumn("failures", "integer", (column) => column.notNull())
      .addColumn("paused_until", "bigint", (column) => column.notNull())
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema.createIndex("webhooks_newest").on("webhooks").columns(["created_at", "id"]).execute();
    await db.schema
      .createIndex("webhooks_project")
      .on("webhooks")
      .columns(["project_id", "created_at", "id"])
      .execute();
    await db.schema
      .createTable("webhook_deliveries")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("webhook_id", "text", (column) => column.notNull())
      .addColumn("event_id", "text", (column) => column.notNull())
      .addColumn("type", "text", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("at", "bigint", (column) => column.notNull())
      .addColumn("last_status", "integer")
      .addColumn("last_error", "text")
      .addColumn("created_at", "bigint", (column) => column.notNull())
      .execute();
    await db.schema
      .createIndex("webhook_deliveries_of")
      .on("webhook_deliveries")
      .columns(["webhook_id", "created_at", "id"])
      .execute();
    // Few wait at a time, however many there were.
    await db.schema
      .createIndex("webhook_deliveries_due")
      .on("webhook_deliveries")
      .column("at")
      .where(sql.ref("state"), "=", "pending")
      .execute();
    await db.schema
      .createIndex("webhook_deliveries_decided")
      .on("webhook_deliveries")
      .column("at")
      .where(sql.ref("state"), "!=", "pending")
      .execute();
  },
};
