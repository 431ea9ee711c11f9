import type { Kysely, Selectable } from "kysely";
import type { ResponseStore, StoredResponse } from "../../../core/ports/response-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import type { Database } from "./schema.ts";

/** Clients' responses on either store. */
export function createResponseStore(database: Kysely<Database>): ResponseStore {
  const db = database.withPlugin(createCleanTextPlugin());
  const running = (id: string) =>
    db.updateTable("responses").where("id", "=", id).where("state", "=", "running").returning("id");

  return {
    async add(response) {
      await db
        .insertInto("responses")
        .values(toRow(response))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    async get(id) {
      const row = await db.selectFrom("responses").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toResponse(row);
    },
    async listChain(id) {
      const rows = await db
        .withRecursive("chain", (chain) =>
          chain
            .selectFrom("responses")
            .selectAll()
            .where("id", "=", id)
            .unionAll(
              chain
                .selectFrom("responses")
                .innerJoin("chain", "chain.previous_id", "responses.id")
                .selectAll("responses"),
            ),
        )
        .selectFrom("chain")
        .selectAll()
        .orderBy("depth")
        .execute();
      return rows.map(toResponse);
    },
    async end(id, body) {
      return (await running(id).set({ state: "ended", body, lease_until: null }).execute()).length > 0;
    },
    async renew(id, leaseUntil) {
      return (await running(id).set({ lease_until: leaseUntil }).execute()).length > 0;
    },
    async remove(id) {
      const nothing = { state: "removed", body: "", input: "", lease_until: null } as const;
      const rows = await db.updateTable("responses").set(nothing).where("id", "=", id).returning("id").execute();
      return rows.length > 0;
    },
    async prolong(rootId, expiresAt) {
      await db
        .updateTable("responses")
        .set({ expires_at: expiresAt })
        .where("root_id", "=", rootId)
        .where("expires_at", "<", expiresAt)
        .execute();
    },
    async sweep(now, limit) {
      const over = db.selectFrom("responses").select("id").where("expires_at", "<=", now).limit(limit);
      return (await db.deleteFrom("responses").where("id", "in", over).returning("id").execute()).length;
    },
  };
}

function toRow(response: StoredResponse): Selectable<Database["responses"]> {
  return {
    id: response.id,
    project_id: response.projectId,
    key_id: response.keyId,
    previous_id: response.previousId,
    root_id: response.rootId,
    depth: response.depth,
    bytes: response.bytes,
    state: response.state,
    body: response.body,
    input: response.input,
    lease_until: response.leaseUntil,
    created_at: response.createdAt,
    expires_at: response.expiresAt,
  };
}

function toResponse(row: Selectable<Database["responses"]>): StoredResponse {
  return {
    id: row.id,
    projectId: row.project_id,
    keyId: row.key_id,
    previousId: row.previous_id,
    rootId: row.root_id,
    depth: row.depth,
    bytes: row.bytes,
    state: row.state,
    body: row.body,
    input: row.input,
    leaseUntil: row.lease_until,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
