import type { Kysely } from "kysely";
import type { ConversationStore } from "../../../core/ports/conversation-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import type { Database } from "./schema.ts";

/** Kept conversations on either store. Every write is one statement. */
export function createConversationStore(database: Kysely<Database>): ConversationStore {
  const db = database.withPlugin(createCleanTextPlugin());
  return {
    async find(id, notBefore) {
      const row = await db
        .selectFrom("conversations")
        .select(["body", "version"])
        .where("id", "=", id)
        .where("updated_at", ">=", notBefore)
        .executeTakeFirst();
      return row && { ...JSON.parse(row.body), version: Number(row.version) };
    },
    async put(id, { system, messages, version }, now, notBefore) {
      await db.deleteFrom("conversations").where("updated_at", "<", notBefore).execute();
      const body = JSON.stringify({ system, messages });
      if (version === 1) {
        const made = await db
          .insertInto("conversations")
          .values({ id, body, version, updated_at: now })
          .onConflict((conflict) => conflict.column("id").doNothing())
          .executeTakeFirst();
        return made.numInsertedOrUpdatedRows === 1n;
      }
      const changed = await db
        .updateTable("conversations")
        .set({ body, version, updated_at: now })
        .where("id", "=", id)
        .where("version", "=", version - 1)
        .executeTakeFirst();
      return changed.numUpdatedRows === 1n;
    },
    async remove(id) {
      const gone = await db.deleteFrom("conversations").where("id", "=", id).executeTakeFirst();
      return gone.numDeletedRows > 0n;
    },
  };
}
