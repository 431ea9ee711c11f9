import { after, before } from "node:test";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import type { StoreUnderTest } from "../../packages/server/src/adapters/store/shared/conformance/store-under-test.ts";
import { describeStore } from "../../packages/server/src/adapters/store/shared/store-conformance.ts";
import { endConnections } from "../harness/postgres-connections.ts";
import { startPostgres, type Postgres } from "../harness/start-postgres.ts";
import { openNode } from "./open-node.ts";

let postgres: Postgres;
before(async () => {
  postgres = await startPostgres();
});
after(() => postgres.stop());

describeStore("postgres", async (): Promise<StoreUnderTest> => {
  const url = await postgres.createDatabase();
  let store: Store = await openNode(url);
  return {
    store,
    async crash() {
      await endConnections(url);
      await store.close();
      store = await openNode(url);
      return store;
    },
    close: () => store.close(),
  };
});
