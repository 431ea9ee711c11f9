import { randomBytes } from "node:crypto";
import { link, open, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { StoreError } from "../shared/store-error.ts";
import { describeStorageFailure } from "./sqlite-error.ts";
import { syncFile } from "./sync-file.ts";
import type { ThreadGroup } from "./thread-group.ts";

interface Backup {
  readonly database: string;
  readonly target: string;
  readonly withReader: ThreadGroup["withReader"];
}

/**
 * Writes a copy of the database as it is at one moment, while others go on to write. It appears under its name when it is whole and on
 * the disk. Throws a {@link StoreError} where the file is there already: it might be the database itself.
 */
export async function backupDatabase({ database, target, withReader }: Backup): Promise<void> {
  const file = resolve(target);
  const draft = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await createForOwnerOnly(draft);
    // A thread of its own: the copy of a large store takes long.
    await withReader(async (reader) => void (await reader.call("query", "vacuum into ?", [draft])));
    await syncFile(draft);
    // Unlike a rename, a link never takes the place of what is there.
    await link(draft, file);
    await syncFile(dirname(file));
  } catch (cause) {
    throw new StoreError(`the copy of ${database} to ${file} failed: ${describe(cause)}`, { cause });
  } finally {
    await rm(draft, { force: true });
  }
}

async function createForOwnerOnly(file: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  await handle.close();
}

function describe(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (inner instanceof Error && "code" in inner && inner.code === "EEXIST") return "there is a file of that name";
  return describeStorageFailure(inner) ?? (inner instanceof Error ? inner.message : String(inner));
}
