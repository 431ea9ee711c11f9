import { randomBytes } from "node:crypto";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../shared/store-error.ts";
import { lockDataDirectory } from "./data-lock.ts";
import { databaseName } from "./open-sqlite-store.ts";
import { checkDatabase } from "./prepare-database.ts";
import { describeStorageFailure } from "./sqlite-error.ts";
import { syncFile } from "./sync-file.ts";

export interface RestoreOptions {
  /** The copy to put back; it is not changed. */
  readonly file: string;
  /** The data directory whose database it takes the place of. */
  readonly directory: string;
  /** Epoch milliseconds; a part of the name under which the old database stays. */
  readonly now: number;
}

const sideFiles = ["-wal", "-shm"];

/**
 * Puts a copy in place of the database of a data directory that no server has open. Resolves with the file under which the old
 * database stays, or undefined where there was none. Throws a {@link StoreError} before anything is changed where the
 * directory is in use, or where the file is damaged, no database of Gantry, or of a newer one.
 */
export async function restoreBackup({ file, directory, now }: RestoreOptions): Promise<string | undefined> {
  await requireFile(file);
  const lock = await lockDataDirectory(directory);
  const database = join(directory, databaseName);
  const draft = `${database}.${randomBytes(6).toString("hex")}`;
  try {
    await checkDatabase(file);
    await copyDatabase(file, draft);
    const kept = await setAside(database, new Date(now).toISOString().replaceAll(":", "-"));
    await rename(draft, database);
    await syncFile(dirname(database));
    return kept;
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const words = describeStorageFailure(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    throw new StoreError(`${file} cannot be put back: ${words}`, { cause });
  } finally {
    await rm(draft, { force: true });
    await lock.release();
  }
}

async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new StoreError(`${file} cannot be read: there is no such file`, { cause });
  });
  if (!found.isFile()) throw new StoreError(`${file} cannot be put back: it is not a file`);
}

/** Through SQLite, so that a copy with a log of its own beside it is read with what is in that log. */
async function copyDatabase(file: string, draft: string): Promise<void> {
  const handle = await open(draft, "wx", 0o600);
  await handle.close();
  const db = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    db.prepare("vacuum into ?").run(draft);
  } finally {
    db.close();
  }
  await syncFile(draft);
}

/**
 * Gives the old database a second name, so that there is one under the first at any time. Its log is written into it before, or goes
 * with it where the old database is too damaged for that.
 */
async function setAside(database: string, label: string): Promise<string | undefined> {
  if (!(await exists(database))) return undefined;
  const kept = `${database}.before-${label}`;
  foldLog(database);
  await link(database, kept);
  for (const suffix of sideFiles) {
    if (await exists(database + suffix)) await rename(database + suffix, kept + suffix);
  }
  return kept;
}

function foldLog(database: string): void {
  try {
    const db = new DatabaseSync(database, { timeout: 5000 });
    try {
      db.exec("pragma wal_checkpoint(truncate)");
    } finally {
      db.close();
    }
  } catch {
    // Damaged, which may well be why the copy is put back.
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
