import type { Kysely } from "kysely";
import type { ManagedStore } from "../../../core/ports/managed-store.ts";
import { createAgentQueries } from "./agent-queries.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { createEnvironmentQueries } from "./environment-queries.ts";
import { createFileQueries } from "./file-queries.ts";
import { createResourceQueries } from "./resource-queries.ts";
import type { Database } from "./schema.ts";

/** What sessions are made of, on either backend. */
export function createManagedStore(db: Kysely<Database>): ManagedStore {
  const clean = db.withPlugin(createCleanTextPlugin());
  return {
    agents: createAgentQueries(clean),
    environments: createEnvironmentQueries(clean),
    files: createFileQueries(clean),
    resources: createResourceQueries(clean),
  };
}
