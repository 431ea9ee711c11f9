import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../../core/ports/clock.ts";
import { describeStore } from "../shared/store-conformance.ts";
import { openSqliteStore, type SqliteStore } from "./open-sqlite-store.ts";

describeStore("sqlite", async () => {
  const directory = await mkdtemp(join(tmpdir(), "gantry-store-"));
  const unexpected: Error[] = [];
  const openAgain = (): Promise<SqliteStore> =>
    openSqliteStore({ directory, clock: systemClock, onFailure: (error) => unexpected.push(error) });
  let store = await openAgain();
  return {
    store,
    async crash() {
      await store.abort();
      store = await openAgain();
      return store;
    },
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
      for (const error of unexpected) throw error;
    },
  };
});
