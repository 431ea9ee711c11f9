import { restoreBackup } from "../../adapters/store/sqlite/restore-backup.ts";
import type { Config } from "../config.ts";
import { passOnStoreErrors } from "../open-store.ts";
import { requireEmbeddedStore } from "./require-embedded-store.ts";
import type { Terminal } from "./terminal.ts";

type Place = Pick<Config, "dataDirectory" | "database">;

/** Puts a copy in place of the database of a data directory that no server has open. Gives the exit code. */
export async function restore(config: Place, file: string, terminal: Terminal): Promise<number> {
  const advice = "put a copy of that back with PostgreSQL's own pg_restore, while no server uses it";
  requireEmbeddedStore(config, `${advice}: pg_restore --clean --if-exists -d "$GANTRY_DATABASE_URL" FILE`);
  const directory = config.dataDirectory;
  const kept = await passOnStoreErrors(() => restoreBackup({ file, directory, now: Date.now() }));
  terminal.print(`Put ${file} in place as the database of ${directory}`);
  if (kept !== undefined) terminal.print(`The one that was there stays as ${kept}`);
  return 0;
}
