import { Kysely, SqliteDialect, type SqliteDatabase } from "kysely";
import { open, stat } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { migrateStore, readAppliedMigrations, refuseUnknownMigrations } from "../shared/migrate-store.ts";
import type { Database } from "../shared/schema.ts";
import { StoreError } from "../shared/store-error.ts";
import { describeStorageFailure } from "./sqlite-error.ts";

/** "Gntr", in the header of every database of ours. */
const applicationId = 0x476e7472;

/** A smaller file is checked whole at each start, which takes a fraction of a second. */
const wholeCheckBytes = 64 * 1024 * 1024;

/**
 * Makes the database or brings it up to date, before the thread opens it. `now` is epoch milliseconds. Throws a {@link StoreError} where the
 * file is damaged, not ours, of a newer Gantry, or cannot be written.
 */
export async function prepareDatabase(file: string, now: number): Promise<void> {
  await withDatabase(file, file, { readOnly: false }, async (db) => {
    await createForOwnerOnly(file);
    db.open();
    if (isEmpty(db)) db.exec(`pragma application_id = ${applicationId}`);
    requireGantryDatabase(db, file);
    if ((await stat(file)).size <= wholeCheckBytes) requireIntact(db, file, "quick_check");
    requireWriteAheadLog(db, file);
    await migrateAtOnce(db, now);
    // Whoever made them is gone, or the data directory would be locked: nobody has to wait for their leases.
    db.exec("update reservations set lease_until = 0");
    db.exec("update sessions set lease_until = 0 where lease_node is not null");
  });
}

/** Checks every page of a copy of a store without changing it. Throws a {@link StoreError} where this Gantry cannot use it. */
export async function checkDatabase(file: string): Promise<void> {
  await withDatabase(file, file, { readOnly: true }, async (db) => {
    db.open();
    requireGantryDatabase(db, file);
    requireIntact(db, file, "integrity_check");
    const kysely = createSyncKysely(db);
    await refuseUnknownMigrations(kysely);
    if ((await readAppliedMigrations(kysely)).length === 0) throw notOurs(file);
  });
}

/** Looks whether a start could use a database that nobody has open, and makes nothing. Throws a {@link StoreError} where it could not. */
export async function examineDatabase(file: string): Promise<void> {
  // Read as it lies there where it has no log: opening it as a database in use would make one.
  const place = (await isThere(`${file}-wal`)) ? file : new URL(`${pathToFileURL(file).href}?immutable=1`);
  await withDatabase(place, file, { readOnly: true }, async (db) => {
    db.open();
    requireGantryDatabase(db, file);
    if ((await stat(file)).size <= wholeCheckBytes) requireIntact(db, file, "quick_check");
    await refuseUnknownMigrations(createSyncKysely(db));
  });
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function withDatabase(
  place: string | URL,
  file: string,
  { readOnly }: { readonly readOnly: boolean },
  use: (db: DatabaseSync) => Promise<void>,
): Promise<void> {
  const db = new DatabaseSync(place, { open: false, readOnly, timeout: 5000 });
  try {
    await use(db);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const words = describeStorageFailure(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    throw new StoreError(`the database ${file} cannot be used: ${words}`, { cause });
  } finally {
    if (db.isOpen) db.close();
  }
}

/** It holds hashes of keys and who did what. SQLite gives its side files the same mode. */
async function createForOwnerOnly(file: string): Promise<void> {
  const handle = await open(file, "a", 0o600);
  await handle.close();
}

function isEmpty(db: DatabaseSync): boolean {
  return readPragma(db, "page_count") === 0;
}

function requireGantryDatabase(db: DatabaseSync, file: string): void {
  if (readPragma(db, "application_id") !== applicationId) throw notOurs(file);
}

function notOurs(file: string): StoreError {
  return new StoreError(`${file} is not a database of Gantry; nothing in it was changed`);
}

function requireIntact(db: DatabaseSync, file: string, check: "quick_check" | "integrity_check"): void {
  const finding = readPragma(db, `${check}(1)`);
  if (finding === "ok") return;
  throw new StoreError(
    `the database ${file} is damaged (${String(finding)}); put back a copy of it with: gantry restore FILE`,
  );
}

function requireWriteAheadLog(db: DatabaseSync, file: string): void {
  const mode = readPragma(db, "journal_mode = wal");
  if (mode === "wal") return;
  throw new StoreError(
    `the file system of ${file} has no shared memory, which the store needs; choose a local disk with --data or GANTRY_DATA`,
  );
}

/** All of it or nothing: what is killed in the midst leaves the database as it was. */
async function migrateAtOnce(db: DatabaseSync, now: number): Promise<void> {
  db.exec("begin immediate");
  try {
    await migrateStore(createSyncKysely(db), now);
    db.exec("commit");
  } catch (error) {
    if (db.isTransaction) db.exec("rollback");
    throw error;
  }
}

/** Kysely right on a connection, for what happens before the server serves. */
function createSyncKysely(db: DatabaseSync): Kysely<Database> {
  const database: SqliteDatabase = {
    close: () => undefined,
    prepare(sql) {
      const statement = db.prepare(sql);
      // Kysely hands on the parameters of queries made here: text, numbers and null.
      const spread = (given: readonly unknown[]): (string | number | null)[] => given as (string | number | null)[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...spread(parameters)),
        run: (parameters) => statement.run(...spread(parameters)),
        iterate: (parameters) => statement.iterate(...spread(parameters)),
      };
    },
  };
  return new Kysely<Database>({ dialect: new SqliteDialect({ database }) });
}

/** The one value that a pragma gives. */
function readPragma(db: DatabaseSync, pragma: string): unknown {
  return Object.values(db.prepare(`pragma ${pragma}`).get() ?? {})[0];
}
