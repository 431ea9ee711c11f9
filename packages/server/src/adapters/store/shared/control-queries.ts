import type { Kysely } from "kysely";
import type { ControlStore } from "../../../core/ports/control-store.ts";
import { createBudgetQueries } from "./budget-queries.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { createKeyQueries } from "./key-queries.ts";
import { createProfileQueries } from "./profile-queries.ts";
import { createProjectQueries } from "./project-queries.ts";
import type { Database } from "./schema.ts";

/** The control store on either backend. Every write is one statement, so that none needs a transaction. */
export function createControlStore(db: Kysely<Database>): ControlStore {
  const clean = db.withPlugin(createCleanTextPlugin());
  return {
    ...createProjectQueries(clean),
    ...createKeyQueries(clean),
    ...createProfileQueries(clean),
    ...createBudgetQueries(clean),
  };
}
