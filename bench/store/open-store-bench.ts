import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgresStore } from "../../packages/server/src/adapters/store/postgres/open-postgres-store.ts";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import { isLocalPostgres, startPostgres } from "../../test/harness/start-postgres.ts";
import { createBenchClock } from "./bench-clock.ts";
import type { StoreGround } from "./store-bench.ts";
import { readStorageFacts } from "./storage-facts.ts";

/** Everything a run needs; it takes itself down at the end of its block. */
export async function openStoreBench<Given extends Pick<StoreGround, "signal" | "progress">>(
  given: Given,
): Promise<Given & StoreGround & AsyncDisposable> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "gantry-bench-"));
  opening.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  given.progress("starting PostgreSQL");
  const postgres = await startPostgres();
  opening.defer(() => postgres.stop());
  const storage = await readStorageFacts(folder, await postgres.createDatabase(), isLocalPostgres());

  const clock = createBenchClock();
  const createFolder = (): Promise<string> => mkdtemp(join(folder, "store-"));
  const whole = opening.move();
  return {
    ...given,
    clock,
    storage,
    createFolder,
    createDatabase: () => postgres.createDatabase(),
    async openStore(kind) {
      if (kind === "postgres") return openPostgresStore({ url: await postgres.createDatabase(), clock });
      // Whoever waits for a thread that ended is told by its own call.
      return openSqliteStore({ directory: await createFolder(), clock, onFailure: () => {} });
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}
