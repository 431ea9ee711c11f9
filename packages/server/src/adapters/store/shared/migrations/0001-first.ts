import type { CreateTableBuilder, Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";
import { defaultProfiles } from "./0001-profiles.ts";

/**
 * The first tables, the same on both stores: text, bigint and integer only. `now` dates the default project and the three
 * profiles that every installation begins with.
 */
export function createFirstMigration(now: number): Migration {
  return {
    async up(db: Kysely<Database>) {
      await createAccessTables(db);
      await createBudgetTables(db);
      await createUsageTable(db);
      await createAuditTable(db);
      await createHelperTables(db);
      await seed(db, now);
    },
  };
}

async function createAccessTables(db: Kysely<Database>): Promise<void> {
  const projects = db.schema.createTable("projects").addColumn("id", "text", (column) => column.primaryKey());
  await addColumns(projects, {
    texts: ["name", "metadata", "aliases", "cache"],
    integers: ["created_at"],
    nullableIntegers: ["archived_at"],
  }).execute();
  await db.schema.createIndex("projects_name").on("projects").column("name").unique().execute();
  await createIndex(db, "projects_newest", "projects", ["created_at", "id"]);

  const keys = db.schema.createTable("api_keys").addColumn("id", "text", (column) => column.primaryKey());
  await addColumns(keys, {
    texts: ["public_id", "secret_hash", "name", "project_id", "profile", "scopes", "limits", "metadata"],
    nullableTexts: ["previous_secret_hash"],
    integers: ["created_at"],
    nullableIntegers: ["previous_until", "expires_at", "revoked_at", "last_used_at"],
  })
    .addColumn("disabled", "integer", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("api_keys_public").on("api_keys").column("public_id").unique().execute();
  await createIndex(db, "api_keys_newest", "api_keys", ["created_at", "id"]);
  await createIndex(db, "api_keys_project", "api_keys", ["project_id", "created_at", "id"]);

  const profiles = db.schema.createTable("profiles");
  await addColumns(profiles, { texts: ["name", "body"], integers: ["created_at"] })
    .addColumn("version", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("profiles_key", ["name", "version"])
    .execute();
}

async function createBudgetTables(db: Kysely<Database>): Promise<void> {
  const budgets = db.schema.createTable("budgets").addColumn("id", "text", (column) => column.primaryKey());
  await addColumns(budgets, {
    texts: ["subject", "subject_id", "unit", "period"],
    integers: ["max_amount", "created_at"],
    nullableIntegers: ["raise_amount", "raise_until"],
  })
    .addColumn("shadow", "integer", (column) => column.notNull())
    .execute();
  await createIndex(db, "budgets_subject", "budgets", ["subject_id", "subject"]);
  await createIndex(db, "budgets_newest", "budgets", ["created_at", "id"]);

  const windows = db.schema.createTable("budget_windows");
  await addColumns(windows, { texts: ["budget_id"], integers: ["window_start", "spent", "reserved"] })
    .addPrimaryKeyConstraint("budget_windows_key", ["budget_id", "window_start"])
    .execute();

  const reservations = db.schema
    .createTable("reservations")
    .addColumn("request_id", "text", (column) => column.primaryKey());
  await addColumns(reservations, {
    texts: ["node_id", "project_id", "key_id", "body"],
    integers: ["lease_until"],
  }).execute();
  await createIndex(db, "reservations_key", "reservations", ["key_id"]);
  await createIndex(db, "reservations_lease", "reservations", ["lease_until"]);
}

async function createUsageTable(db: Kysely<Database>): Promise<void> {
  const usage = db.schema.createTable("usage").addColumn("id", "text", (column) => column.primaryKey());
  await addColumns(usage, {
    texts: ["day", "project_id", "key_id", "model", "driver", "outcome", "profile"],
    nullableTexts: ["run_id"],
    integers: ["at", "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "latency_ms"],
    nullableIntegers: ["cost_micros", "first_token_ms"],
  }).execute();
  await createIndex(db, "usage_newest", "usage", ["at", "id"]);
  await createIndex(db, "usage_project", "usage", ["project_id", "at"]);
  await createIndex(db, "usage_key", "usage", ["key_id", "at"]);
}

async function createAuditTable(db: Kysely<Database>): Promise<void> {
  const audit = db.schema.createTable("audit").addColumn("sequence", "bigint", (column) => column.primaryKey());
  await addColumns(audit, {
    texts: ["actor", "action", "target", "result", "previous_hash", "hash"],
    nullableTexts: ["project_id", "address", "policy", "detail", "payload_digest"],
    integers: ["at"],
  }).execute();
  await createIndex(db, "audit_time", "audit", ["at"]);
  await createIndex(db, "audit_actor", "audit", ["actor", "sequence"]);
  await createIndex(db, "audit_action", "audit", ["action", "sequence"]);
  await createIndex(db, "audit_project", "audit", ["project_id", "sequence"]);
}

async function createHelperTables(db: Kysely<Database>): Promise<void> {
  const buckets = db.schema.createTable("rate_buckets");
  await addColumns(buckets, { texts: ["key_id", "kind"], integers: ["level", "updated_at"] })
    .addPrimaryKeyConstraint("rate_buckets_key", ["key_id", "kind"])
    .execute();

  const cache = db.schema.createTable("response_cache");
  await addColumns(cache, { texts: ["project_id", "cache_key", "body"], integers: ["created_at"] })
    .addPrimaryKeyConstraint("response_cache_key", ["project_id", "cache_key"])
    .execute();
  await createIndex(db, "response_cache_age", "response_cache", ["created_at"]);
}

interface Columns {
  readonly texts?: readonly string[];
  readonly nullableTexts?: readonly string[];
  readonly integers?: readonly string[];
  readonly nullableIntegers?: readonly string[];
}

/** Integers have 64 bits on both stores. */
function addColumns<Table extends string>(table: CreateTableBuilder<Table>, columns: Columns) {
  let built: CreateTableBuilder<Table, string> = table;
  for (const name of columns.texts ?? []) built = built.addColumn(name, "text", (column) => column.notNull());
  for (const name of columns.nullableTexts ?? []) built = built.addColumn(name, "text");
  for (const name of columns.integers ?? []) built = built.addColumn(name, "bigint", (column) => column.notNull());
  for (const name of columns.nullableIntegers ?? []) built = built.addColumn(name, "bigint");
  return built;
}

async function createIndex(
  db: Kysely<Database>,
  name: string,
  table: keyof Database,
  columns: readonly string[],
): Promise<void> {
  await db.schema
    .createIndex(name)
    .on(table)
    .columns([...columns])
    .execute();
}

async function seed(db: Kysely<Database>, now: number): Promise<void> {
  await db
    .insertInto("projects")
    .values({
      id: "prj_default",
      name: "default",
      metadata: "{}",
      aliases: "{}",
      cache: JSON.stringify({ enabled: false, maxAgeSeconds: 3600 }),
      created_at: now,
      archived_at: null,
    })
    .execute();
  const profiles = defaultProfiles.map((profile) => ({
    name: profile.name,
    version: 1,
    body: JSON.stringify(profile),
    created_at: now,
  }));
  await db.insertInto("profiles").values(profiles).execute();
}
