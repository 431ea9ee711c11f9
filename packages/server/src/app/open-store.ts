import { openPostgresStore } from "../adapters/store/postgres/open-postgres-store.ts";
import { StoreError } from "../adapters/store/shared/store-error.ts";
import { openSqliteStore } from "../adapters/store/sqlite/open-sqlite-store.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Store } from "../core/ports/store.ts";
import type { Config } from "./config.ts";
import { StartError } from "./start-error.ts";

export interface OpenedStore {
  readonly store: Store;
  /** Resolves where the store broke in a way that only a new start mends. */
  readonly failed: Promise<Error>;
}

/**
 * Opens the store that the configuration names: PostgreSQL where a database is given, else the embedded one in the data
 * directory. Rejects with a {@link StartError}.
 */
export async function openStore(
  config: Pick<Config, "database" | "dataDirectory">,
  clock: Clock,
): Promise<OpenedStore> {
  const { promise: failed, resolve: onFailure } = Promise.withResolvers<Error>();
  const store = await passOnStoreErrors(() =>
    config.database === undefined
      ? openSqliteStore({ directory: config.dataDirectory, clock, onFailure })
      : openPostgresStore({ url: config.database.reveal(), clock }),
  );
  return { store, failed };
}

/** Runs what may fail because of the store, whose sentence is for the person at the terminal. */
export async function passOnStoreErrors<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StoreError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}
