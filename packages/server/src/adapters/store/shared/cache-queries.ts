import type { Kysely } from "kysely";
import type { ResponseCache } from "../../../core/ports/response-cache.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import type { Database } from "./schema.ts";

/** The longest age that a project may ask for: what is older is of no use to anybody. */
const longestAgeMs = 2_592_000_000;

/** The response cache on either store. */
export function createResponseCache(database: Kysely<Database>): ResponseCache {
  const db = database.withPlugin(createCleanTextPlugin());
  return {
    async find(projectId, key, notBefore) {
      const row = await db
        .selectFrom("response_cache")
        .select("body")
        .where("project_id", "=", projectId)
        .where("cache_key", "=", key)
        .where("created_at", ">=", notBefore)
        .executeTakeFirst();
      return row && JSON.parse(row.body);
    },
    async put(projectId, key, events, now) {
      const body = JSON.stringify(events);
      await db
        .insertInto("response_cache")
        .values({ project_id: projectId, cache_key: key, body, created_at: now })
        .onConflict((conflict) => conflict.columns(["project_id", "cache_key"]).doUpdateSet({ body, created_at: now }))
        .execute();
      await db
        .deleteFrom("response_cache")
        .where("created_at", "<", now - longestAgeMs)
        .execute();
    },
  };
}
