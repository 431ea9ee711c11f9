import { rm } from "node:fs/promises";
import { lockDataDirectory } from "./data-lock.ts";
import { draftRestore, replaceDatabase, requireFile, toDraftFile } from "./restore-draft.ts";

export interface RestoreOptions {
  /** The copy to put back; it is not changed. */
  readonly file: string;
  /** The data directory whose database it takes the place of. */
  readonly directory: string;
  /** Epoch milliseconds; a part of the name under which the old database stays. */
  readonly now: number;
}

/**
 * Puts a copy in place of the database of a data directory that no server has open. Resolves with the file under which the old
 * database stays, or undefined where there was none. Throws a `StoreError` before anything is changed where the file is damaged, no
 * database of Gantry, or of a newer one, and a `DirectoryInUseError` where a server has the directory.
 */
export async function restoreBackup({ file, directory, now }: RestoreOptions): Promise<string | undefined> {
  await requireFile(file);
  const lock = await lockDataDirectory(directory);
  try {
    const draft = await draftRestore(file, directory);
    try {
      return await replaceDatabase(draft, now);
    } finally {
      await rm(toDraftFile(draft), { force: true });
    }
  } finally {
    await lock.release();
  }
}
