import type { Kysely } from "kysely";
import { Migrator } from "kysely/migration";
import { createMigrations } from "./migrations/migrations.ts";
import type { Database } from "./schema.ts";
import { StoreError } from "./store-error.ts";

const migrationTable = "kysely_migration";

/**
 * Brings the tables up to date; there is no way back. `now` (epoch milliseconds) dates what is seeded. Nodes that start at the same time
 * wait for one another. Throws a {@link StoreError} where the database was made by a newer Gantry, and leaves that untouched.
 */
export async function migrateStore(db: Kysely<Database>, now: number): Promise<void> {
  const migrations = createMigrations(now);
  await refuseUnknownMigrations(db, Object.keys(migrations));
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === "Error")?.migrationName;
  const step = failed === undefined ? "the migrations" : `the migration ${failed}`;
  throw new StoreError(`${step} of the database failed: ${error instanceof Error ? error.message : String(error)}`, {
    cause: error,
  });
}

/** Throws a {@link StoreError} for a database that a newer Gantry has migrated. */
export async function refuseUnknownMigrations(
  db: Kysely<Database>,
  known: readonly string[] = Object.keys(createMigrations(0)),
): Promise<void> {
  const unknown = (await readAppliedMigrations(db)).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new StoreError(
    `the database was made by a newer Gantry (its schema is at ${unknown}, this one knows up to ${known.at(-1)}); ` +
      "start that version, or choose another database",
  );
}

/** Names of the migrations that were applied, in order; none for a database without Gantry's tables. */
export async function readAppliedMigrations(db: Kysely<Database>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === migrationTable)) return [];
  const rows = await db
    .withTables<{ [migrationTable]: { name: string } }>()
    .selectFrom(migrationTable)
    .select("name")
    .orderBy("name")
    .execute();
  return rows.map(({ name }) => name);
}
