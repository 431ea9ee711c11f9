import { sql, type Kysely, type Selectable } from "kysely";
import type { JobItem, JobItems } from "../../../core/ports/job-items.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import type { Database } from "./schema.ts";

/** Rows of one statement: a store takes so many parameters and no more. */
const mostRows = 200;

/** Makes the items of a job that is about to be made. What a crash left of an earlier try goes. */
export async function putItems(database: Kysely<Database>, jobId: string, bodies: readonly string[]): Promise<void> {
  if (bodies.length === 0) return;
  const db = database.withPlugin(createCleanTextPlugin());
  await db.deleteFrom("job_items").where("job_id", "=", jobId).execute();
  const open = { status: null, result: null, cost_micros: 0, tokens: 0 };
  const rows = bodies.map((body, place) => ({ job_id: jobId, place, body, ...open }));
  for (let from = 0; from < rows.length; from += mostRows) {
    await db
      .insertInto("job_items")
      .values(rows.slice(from, from + mostRows))
      .execute();
  }
}

/** Items of jobs on either store. */
export function createJobItems(db: Kysely<Database>): JobItems {
  const read = (jobId: string) => db.selectFrom("job_items").selectAll().where("job_id", "=", jobId);
  return {
    async keepItem({ id, fence }, place, { status, result, costMicros, tokens }) {
      const isHeld = sql<boolean>`exists (select 1 from jobs where id = ${id} and fence = ${fence} and phase = 'running')`;
      const row = await db
        .updateTable("job_items")
        .set({ status, result, cost_micros: costMicros, tokens })
        .where("job_id", "=", id)
        .where("place", "=", place)
        .where("result", "is", null)
        .where(isHeld)
        .returning("place")
        .executeTakeFirst();
      return row !== undefined;
    },
    async readItems(jobId) {
      return (await read(jobId).orderBy("place").execute()).map(toItem);
    },
    async readItem(jobId, place) {
      const row = await read(jobId).where("place", "=", place).executeTakeFirst();
      return row && toItem(row);
    },
    async openPlaces(jobId) {
      const query = db.selectFrom("job_items").select("place").where("job_id", "=", jobId);
      const rows = await query.where("result", "is", null).orderBy("place").execute();
      return rows.map(({ place }) => place);
    },
    async sumItems(jobIds) {
      if (jobIds.length === 0) return [];
      const rows = await db
        .selectFrom("job_items")
        .select((of) => [
          "job_id",
          "status",
          of.fn.countAll<number>().as("count"),
          of.fn.sum<number>("cost_micros").as("cost"),
          of.fn.sum<number>("tokens").as("tokens"),
        ])
        .where("job_id", "in", jobIds)
        .where("status", "is not", null)
        .groupBy(["job_id", "status"])
        .execute();
      return rows.map((row) => ({
        jobId: row.job_id,
        status: row.status ?? "",
        // PostgreSQL gives sums as text.
        count: Number(row.count),
        costMicros: Number(row.cost),
        tokens: Number(row.tokens),
      }));
    },
  };
}

function toItem({ place, body, result }: Selectable<Database["job_items"]>): JobItem {
  return { place, body, result };
}
