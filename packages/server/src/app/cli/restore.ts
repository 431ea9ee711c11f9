import { restoreBackup } from "../../adapters/store/sqlite/restore-backup.ts";
import { passOnStoreErrors } from "../open-store.ts";
import type { Terminal } from "./terminal.ts";

/** Puts a copy in place of the database of a data directory that no server has open. Gives the exit code. */
export async function restore(directory: string, file: string, terminal: Terminal): Promise<number> {
  const kept = await passOnStoreErrors(() => restoreBackup({ file, directory, now: Date.now() }));
  terminal.print(`Put ${file} in place as the database of ${directory}`);
  if (kept !== undefined) terminal.print(`The one that was there stays as ${kept}`);
  return 0;
}
