import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Sessions, their logs, and what agents wait for. */
export const sessionsMigration: Migration = {
  async up(db: Kysely<Database>) {
    await createSessions(db);
    await createEvents(db);
    await createInteractions(db);
    await createHelpers(db);
  },
};

async function createSessions(db: Kysely<Database>): Promise<void> {
  let table = db.schema.createTable("sessions").addColumn("id", "text", (column) => column.primaryKey());
  for (const name of ["project_id", "key_id", "agent_id", "status", "body", "state"] as const) {
    table = table.addColumn(name, "text", (column) => column.notNull());
  }
  for (const name of [
    "agent_version",
    "created_at",
    "updated_at",
    "last_sequence",
    "version",
    "ready",
    "lease_until",
    "fence",
  ] as const) {
    table = table.addColumn(name, "bigint", (column) => column.notNull());
  }
  await table.addColumn("archived_at", "bigint").addColumn("lease_node", "text").execute();
  await db.schema.createIndex("sessions_newest").on("sessions").columns(["created_at", "id"]).execute();
  await db.schema.createIndex("sessions_project").on("sessions").columns(["project_id", "created_at", "id"]).execute();
  await db.schema.createIndex("sessions_agent").on("sessions").columns(["agent_id", "created_at", "id"]).execute();
  // Few are ready or owned at any time.
  await db.schema
    .createIndex("sessions_ready")
    .on("sessions")
    .columns(["lease_until", "ready"])
    .where("ready", "=", 1)
    .execute();
  await db.schema
    .createIndex("sessions_owned")
    .on("sessions")
    .column("lease_node")
    .where("lease_node", "is not", null)
    .execute();
}

async function createEvents(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable("session_events")
    .addColumn("session_id", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("processed_at", "bigint")
    .addColumn("body", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("session_events_key", ["session_id", "sequence"])
    .execute();
  await db.schema
    .createIndex("session_events_id")
    .on("session_events")
    .columns(["session_id", "id"])
    .unique()
    .execute();
}

async function createInteractions(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable("interactions")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("session_id", "text", (column) => column.notNull())
    .addColumn("project_id", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("deadline", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("outcome", "text")
    .execute();
  await db.schema.createIndex("interactions_newest").on("interactions").columns(["created_at", "id"]).execute();
  await db.schema
    .createIndex("interactions_project")
    .on("interactions")
    .columns(["project_id", "created_at", "id"])
    .execute();
  await db.schema.createIndex("interactions_session").on("interactions").column("session_id").execute();
  await db.schema
    .createIndex("interactions_due")
    .on("interactions")
    .columns(["deadline", "state"])
    .where("state", "=", "open")
    .execute();
}

async function createHelpers(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable("transcripts")
    .addColumn("session_id", "text", (column) => column.primaryKey())
    .addColumn("transcript_id", "text", (column) => column.notNull())
    .addColumn("content", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("sequence", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("idempotency_keys")
    .addColumn("scope", "text", (column) => column.notNull())
    .addColumn("claim", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("answer", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("idempotency_keys_key", ["scope", "claim"])
    .execute();
  await db.schema.createIndex("idempotency_keys_age").on("idempotency_keys").column("created_at").execute();
}
