import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** What sessions are made of: agents and their versions, environments, files and resources. */
export const managedMigration: Migration = {
  async up(db: Kysely<Database>) {
    await createAgentTables(db);
    await createEnvironmentTable(db);
    await createFileTables(db);
  },
};

async function createAgentTables(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable("agents")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project_id", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("archived_at", "bigint")
    .execute();
  await db.schema.createIndex("agents_newest").on("agents").columns(["created_at", "id"]).execute();
  await db.schema.createIndex("agents_project").on("agents").columns(["project_id", "created_at", "id"]).execute();
  await db.schema
    .createTable("agent_versions")
    .addColumn("agent_id", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("agent_versions_key", ["agent_id", "version"])
    .execute();
}

async function createEnvironmentTable(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable("environments")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project_id", "text", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("updated_at", "bigint", (column) => column.notNull())
    .addColumn("archived_at", "bigint")
    .addColumn("deleted_at", "bigint")
    .execute();
  await db.schema.createIndex("environments_newest").on("environments").columns(["created_at", "id"]).execute();
  await db.schema
    .createIndex("environments_project")
    .on("environments")
    .columns(["project_id", "created_at", "id"])
    .execute();
}

async function createFileTables(db: Kysely<Database>): Promise<void> {
  await db.schema
    .createTable("files")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("project_id", "text", (column) => column.notNull())
    .addColumn("filename", "text", (column) => column.notNull())
    .addColumn("mime_type", "text", (column) => column.notNull())
    .addColumn("size_bytes", "bigint", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("scope_id", "text")
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("expires_at", "bigint")
    .execute();
  await db.schema.createIndex("files_newest").on("files").columns(["created_at", "id"]).execute();
  await db.schema.createIndex("files_project").on("files").columns(["project_id", "created_at", "id"]).execute();
  await db.schema.createIndex("files_digest").on("files").column("digest").execute();
  await db.schema
    .createIndex("files_scope")
    .on("files")
    .columns(["scope_id", "created_at", "id"])
    .where("scope_id", "is not", null)
    .execute();
  await db.schema
    .createIndex("files_expiry")
    .on("files")
    .column("expires_at")
    .where("expires_at", "is not", null)
    .execute();
  await db.schema
    .createTable("session_resources")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("session_id", "text", (column) => column.notNull())
    .addColumn("position", "bigint", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("session_resources_session")
    .on("session_resources")
    .columns(["session_id", "position"])
    .execute();
}
