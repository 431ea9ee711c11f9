import { join } from "node:path";
import { backupDatabase } from "../../adapters/store/sqlite/backup-database.ts";
import { databaseName } from "../../adapters/store/sqlite/open-sqlite-store.ts";
import { startStoreThread } from "../../adapters/store/sqlite/store-thread.ts";
import { systemClock } from "../../core/ports/clock.ts";
import type { Config } from "../config.ts";
import { passOnStoreErrors } from "../open-store.ts";
import { requireEmbeddedStore } from "./require-embedded-store.ts";
import type { Terminal } from "./terminal.ts";

type Place = Pick<Config, "dataDirectory" | "database">;

/** Copies the database of a data directory to a file, also while a server writes to it. Gives the exit code. */
export async function backup(config: Place, target: string, terminal: Terminal): Promise<number> {
  requireEmbeddedStore(config, 'copy that with PostgreSQL\'s own pg_dump: pg_dump -Fc -f FILE "$GANTRY_DATABASE_URL"');
  const database = join(config.dataDirectory, databaseName);
  await passOnStoreErrors(() =>
    backupDatabase({
      database,
      target,
      async withReader(use) {
        // What a thread that ends too early was asked for rejects; there is nobody else to tell.
        const onFailure = (): void => {};
        const reader = await startStoreThread({
          data: { file: database, access: "read" },
          clock: systemClock,
          onFailure,
        });
        try {
          await use(reader);
        } finally {
          await reader.close();
        }
      },
    }),
  );
  terminal.print(`Copied ${database} to ${target}`);
  return 0;
}
