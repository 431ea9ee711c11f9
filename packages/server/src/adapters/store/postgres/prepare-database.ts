import { Kysely, PostgresDialect } from "kysely";
import { migrateStore, readAppliedMigrations, refuseUnknownMigrations } from "../shared/migrate-store.ts";
import type { Database } from "../shared/schema.ts";
import { StoreError } from "../shared/store-error.ts";
import { toPatientSettings } from "./connection-settings.ts";
import { refuseOldServer } from "./refuse-old-server.ts";
import { createRequestPool } from "./request-pool.ts";

/**
 * Brings the tables of a database up to date, before the store serves. `now` is epoch milliseconds. Throws a {@link StoreError}
 * where the database is out of reach, too old, or of a newer Gantry.
 */
export async function prepareDatabase(url: string, now: number): Promise<void> {
  await withDatabase(url, (db) => migrateStore(db, now));
}

/**
 * Looks whether a start could use a database, without changing anything in it. Resolves with what was found, in words and
 * without the password; throws a {@link StoreError} as {@link prepareDatabase} does.
 */
export async function examinePostgresStore(url: string): Promise<string> {
  return await withDatabase(url, async (db, version) => {
    await refuseUnknownMigrations(db);
    const empty = (await readAppliedMigrations(db)).length === 0;
    const { host, pathname } = new URL(url);
    const where = decodeURIComponent(host + pathname);
    return `PostgreSQL ${version}, ${where}${empty ? " (the first start makes the tables)" : ""}`;
  });
}

/** On connections of their own: they may wait as long as another node's migrations take. */
async function withDatabase<Result>(
  url: string,
  use: (db: Kysely<Database>, version: string) => Promise<Result>,
): Promise<Result> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new StoreError("the database must be given as postgresql://user:password@host:port/database");
  }
  const pool = createRequestPool(toPatientSettings(url));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    const { rows } = await pool.query<{ server_version: string }>("show server_version");
    const version = rows[0]?.server_version ?? "of an unknown version";
    refuseOldServer(version);
    return await use(db, version);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(`the PostgreSQL database cannot be opened: ${describe(cause)}`, { cause });
  } finally {
    await pool.end();
  }
}

/** Some system errors have no message of their own but those of each address that was tried. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join("; ");
  return error instanceof Error ? error.message : String(error);
}
