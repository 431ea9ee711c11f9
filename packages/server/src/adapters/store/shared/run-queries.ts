import type { Run } from "@gantry/contracts/runs";
import type { Kysely, Selectable } from "kysely";
import type { RunStore } from "../../../core/ports/run-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { refuseTaken } from "./unique-violation.ts";

/** Runs on either store. Every write is one statement. */
export function createRunStore(database: Kysely<Database>): RunStore {
  const db = database.withPlugin(createCleanTextPlugin());
  const findRow = (id: string) => db.selectFrom("runs").selectAll().where("id", "=", id).executeTakeFirst();

  return {
    async create(run) {
      const row = {
        id: run.id,
        token_hash: run.tokenHash,
        project_id: run.projectId,
        key_id: run.keyId,
        models: JSON.stringify(run.models),
        metadata: JSON.stringify(run.metadata),
        profile: run.profile,
        budget_id: run.budgetId,
        budget_reached: 0,
        created_at: run.createdAt,
        expires_at: run.expiresAt,
        ended_at: null,
      };
      const query = db.insertInto("runs").values(row).returningAll();
      return toRun(await refuseTaken(query.executeTakeFirstOrThrow(), "A run of this id exists already."));
    },
    async find(id) {
      const row = await findRow(id);
      return row && { ...toRun(row), tokenHash: row.token_hash };
    },
    async list({ limit, cursor, projectId }) {
      let query = db.selectFrom("runs").selectAll().orderBy("created_at", "desc").orderBy("id", "desc");
      if (projectId !== undefined) query = query.where("project_id", "=", projectId);
      if (cursor !== undefined) {
        query = query.where(isAfter("created_at", "id", await findPosition(db, "runs", "created_at", cursor)));
      }
      return toPage(await query.limit(limit + 1).execute(), limit, toRun, ({ id }) => id);
    },
    async end(id, now) {
      await db.updateTable("runs").set({ ended_at: now }).where("id", "=", id).where("ended_at", "is", null).execute();
      const row = await findRow(id);
      return row && toRun(row);
    },
    async setBudgetReached(id, reached) {
      await db
        .updateTable("runs")
        .set({ budget_reached: Number(reached) })
        .where("id", "=", id)
        .execute();
    },
  };
}

/** Without the hash: this is what is shown. */
function toRun(row: Selectable<Database["runs"]>): Run {
  return {
    id: row.id,
    projectId: row.project_id,
    keyId: row.key_id,
    models: JSON.parse(row.models),
    state: row.ended_at !== null ? "ended" : row.budget_reached !== 0 ? "budget_reached" : "open",
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
    metadata: JSON.parse(row.metadata),
    profile: row.profile,
    budgetId: row.budget_id,
  };
}
