import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../shared/store-error.ts";
import { describeStorageFailure, isLocked } from "./sqlite-error.ts";

/** Holds a data directory for one process. */
export interface DataLock {
  /** May be called twice. */
  release(): Promise<void>;
}

/** Another process has the data directory. */
export class DirectoryInUseError extends StoreError {}

/**
 * Takes a data directory for this process and makes it where it is missing. Throws a {@link DirectoryInUseError} that names
 * the process which has it.
 *
 * The lock itself is the kernel's, on a file that SQLite locks: it is gone with its holder, however that ends, is given to one of many that ask
 * at once, and holds between containers, where a pid says nothing. A second file only tells people who has it.
 * The locked file must not be opened by other means in this process: closing it would give the lock away.
 */
export async function lockDataDirectory(directory: string): Promise<DataLock> {
  const holderFile = toHolderFile(directory);
  const lock = await openLockFile(directory);
  try {
    lock.exec("begin exclusive");
  } catch (cause) {
    lock.close();
    if (isLocked(cause)) throw await inUse(directory, holderFile, cause);
    throw unusable(directory, cause);
  }
  try {
    await writeHolder(holderFile);
  } catch (cause) {
    lock.close();
    throw unusable(directory, cause);
  }
  return {
    async release() {
      if (!lock.isOpen) return;
      await rm(holderFile, { force: true });
      if (lock.isOpen) lock.close();
    },
  };
}

/**
 * Throws a {@link DirectoryInUseError} where {@link lockDataDirectory} would. Makes and changes
 * nothing: a directory that was never locked is free.
 */
export async function requireFreeDirectory(directory: string): Promise<void> {
  const file = toLockFile(directory);
  if (await stat(file).then(() => false, isMissing)) return;
  try {
    const lock = new DatabaseSync(file, { readOnly: true, timeout: 0 });
    try {
      lock.prepare("select * from sqlite_schema").all();
    } finally {
      lock.close();
    }
  } catch (cause) {
    throw isLocked(cause) ? await inUse(directory, toHolderFile(directory), cause) : unusable(directory, cause);
  }
}

const toLockFile = (directory: string): string => join(directory, "store.lock");
const toHolderFile = (directory: string): string => join(directory, "store.pid");

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function openLockFile(directory: string): Promise<DatabaseSync> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new DatabaseSync(toLockFile(directory), { timeout: 0 });
  } catch (cause) {
    throw unusable(directory, cause);
  }
}

/** Under another name first, so that nobody reads half of it. */
async function writeHolder(holderFile: string): Promise<void> {
  const draft = `${holderFile}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, `${process.pid}\n`, { mode: 0o600 });
  await rename(draft, holderFile);
}

async function inUse(directory: string, holderFile: string, cause: unknown): Promise<DirectoryInUseError> {
  const holder = (await readFile(holderFile, "utf8").catch(() => "")).trim();
  const who = /^\d+$/.test(holder) ? `another Gantry server (process ${holder})` : "another Gantry server";
  return new DirectoryInUseError(
    `the data directory ${directory} is in use by ${who}; stop that one, or choose another directory with --data or GANTRY_DATA`,
    { cause },
  );
}

function unusable(directory: string, cause: unknown): StoreError {
  const words = describeStorageFailure(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new StoreError(`the data directory ${directory} cannot be locked: ${words}`, { cause });
}
