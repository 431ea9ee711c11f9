import { openPostgresStore } from "../../packages/server/src/adapters/store/postgres/open-postgres-store.ts";
import { systemClock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";

/** The store as one more node on a database opens it. */
export function openNode(url: string): Promise<Store> {
  return openPostgresStore({ url, clock: systemClock });
}
