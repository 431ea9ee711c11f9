import { randomBytes } from "node:crypto";
import { link, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../shared/store-error.ts";
import { lockDataDirectory } from "./data-lock.ts";
import { databaseName } from "./open-sqlite-store.ts";
import { checkDatabase, examineDatabase } from "./prepare-database.ts";
import { describeStorageFailure } from "./sqlite-error.ts";
import { syncFile } from "./sync-file.ts";

/** A copy that lies in a data directory, checked and on the disk, and waits to take the place of the database there. */
export interface RestoreDraft {
  readonly directory: string;
  /** Twelve hexadecimal digits: a part of its name, so that naming it names no other file. */
  readonly id: string;
}

const sideFiles = ["-wal", "-shm"];

export function toDraftFile({ directory, id }: RestoreDraft): string {
  return join(directory, `${databaseName}.restore-${id}`);
}

/**
 * Checks a file and copies it into a data directory. Throws a {@link StoreError} where it is damaged, no database of Gantry, or of a
 * newer one. Whoever drafts removes what is left of it.
 */
export async function draftRestore(file: string, directory: string): Promise<RestoreDraft> {
  await requireFile(file);
  const draft = { directory, id: randomBytes(6).toString("hex") };
  const target = toDraftFile(draft);
  try {
    await checkDatabase(file);
    await copyDatabase(file, target);
    return draft;
  } catch (cause) {
    await rm(target, { force: true });
    throw toStoreError(file, cause);
  }
}

/** Looks whether a start could use a draft. Throws a {@link StoreError} where it could not. */
export async function examineDraft(draft: RestoreDraft): Promise<void> {
  const file = toDraftFile(draft);
  await requireFile(file);
  await examineDatabase(file);
}

/**
 * Puts a draft in place of the database, which nobody may have open. `now` is epoch milliseconds, a part of the name under which the old
 * database stays. Resolves with that file, or undefined where there was none. Killed at any moment, it leaves the old
 * database under its name or the new one, each whole. The draft is gone afterwards, whatever happened.
 */
export async function putDraftInPlace(draft: RestoreDraft, now: number): Promise<string | undefined> {
  try {
    const lock = await lockDataDirectory(draft.directory);
    try {
      return await replaceDatabase(draft, now);
    } finally {
      await lock.release();
    }
  } finally {
    await rm(toDraftFile(draft), { force: true });
  }
}

/** As {@link putDraftInPlace}, for whoever holds the lock of the directory. */
export async function replaceDatabase(draft: RestoreDraft, now: number): Promise<string | undefined> {
  const database = join(draft.directory, databaseName);
  const file = toDraftFile(draft);
  try {
    const kept = await setAside(database, new Date(now).toISOString().replaceAll(":", "-"));
    await rename(file, database);
    await syncFile(dirname(database));
    return kept;
  } catch (cause) {
    throw toStoreError(file, cause);
  }
}

function toStoreError(file: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const words = describeStorageFailure(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new StoreError(`${file} cannot be put back: ${words}`, { cause });
}

/** Throws a {@link StoreError} where there is no such file. */
export async function requireFile(file: string): Promise<void> {
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

/** Throws a {@link StoreError} where the log is still needed: moved away, it would take the latest commits along. */
function foldLog(database: string): void {
  let log: { readonly busy?: unknown } | undefined;
  try {
    const db = new DatabaseSync(database, { timeout: 5000 });
    try {
      log = db.prepare("pragma wal_checkpoint(truncate)").get();
    } finally {
      db.close();
    }
  } catch {
    // Damaged, which may well be why the copy is put back.
  }
  if (log?.busy !== 1) return;
  throw new StoreError(
    `${database} is being read by another program, such as "gantry backup"; try again when that has ended`,
  );
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
