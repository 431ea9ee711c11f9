import { join } from "node:path";
import { backupDatabase } from "../../adapters/store/sqlite/backup-database.ts";
import { databaseName } from "../../adapters/store/sqlite/open-sqlite-store.ts";
import { startStoreThread } from "../../adapters/store/sqlite/store-thread.ts";
import { systemClock } from "../../core/ports/clock.ts";
import { passOnStoreErrors } from "../open-store.ts";
import type { Terminal } from "./terminal.ts";

/** Copies the database of a data directory to a file, also while a server writes to it. Gives the exit code. */
export async function backup(directory: string, target: string, terminal: Terminal): Promise<number> {
  const database = join(directory, databaseName);
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
