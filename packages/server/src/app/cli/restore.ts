import { DirectoryInUseError } from "../../adapters/store/sqlite/data-lock.ts";
import { restoreBackup } from "../../adapters/store/sqlite/restore-backup.ts";
import type { ClientConfig } from "../client-config.ts";
import type { Config } from "../config.ts";
import { passOnStoreErrors } from "../open-store.ts";
import { requireEmbeddedStore } from "./require-embedded-store.ts";
import { restoreUnderServer } from "./restore-under-server.ts";
import type { Terminal } from "./terminal.ts";

type Place = Pick<Config, "dataDirectory" | "database">;

export interface RestoreDependencies {
  readonly terminal: Terminal;
  /** How to reach the server where one runs. */
  readonly connect: () => Promise<ClientConfig>;
}

/** Puts a copy in place of the database of a data directory, whether a server has it open or not. Gives the exit code. */
export async function restore(
  config: Place,
  file: string,
  { terminal, connect }: RestoreDependencies,
): Promise<number> {
  const advice = "put a copy of that back with PostgreSQL's own pg_restore, while no server uses it";
  requireEmbeddedStore(config, `${advice}: pg_restore --clean --if-exists -d "$GANTRY_DATABASE_URL" FILE`);
  const directory = config.dataDirectory;
  const kept = await passOnStoreErrors(async () => {
    try {
      return await restoreBackup({ file, directory, now: Date.now() });
    } catch (error) {
      if (!(error instanceof DirectoryInUseError)) throw error;
      return await restoreUnderServer(file, directory, await connect());
    }
  });
  terminal.print(`Put ${file} in place as the database of ${directory}`);
  if (kept !== undefined) terminal.print(`The one that was there stays as ${kept}`);
  return 0;
}
