import { hash } from "node:crypto";
import { sql, type Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import type { Database } from "../schema.ts";

/** Items of batches have rows of their own; before, a batch's job held them with all results. */
export const jobItemsMigration: Migration = {
  async up(db: Kysely<Database>) {
    await db.schema
      .createTable("job_items")
      .addColumn("job_id", "text", (column) => column.notNull())
      .addColumn("place", "integer", (column) => column.notNull())
      .addColumn("body", "text", (column) => column.notNull())
      .addColumn("status", "text")
      .addColumn("result", "text")
      .addColumn("cost_micros", "bigint", (column) => column.notNull())
      .addColumn("tokens", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("job_items_key", ["job_id", "place"])
      .execute();
    const batches = await db.selectFrom("jobs").select("id").where("kind", "=", "batch").execute();
    for (const { id } of batches) await moveItems(db, id);
  },
};

/** As a batch was kept before, so far as it is moved. */
interface OldBatch {
  readonly input: {
    readonly items: readonly object[];
    readonly model?: string;
    readonly timeoutMs?: number;
    readonly parallel: number;
  };
  readonly address: string | null;
  readonly results: readonly (OldResult | null)[];
  readonly cancelled: boolean;
}

interface OldResult {
  readonly status: string;
  readonly usage?: { readonly total_tokens: number };
  readonly cost?: number | null;
}

async function moveItems(db: Kysely<Database>, id: string): Promise<void> {
  const job = await db.selectFrom("jobs").select("body").where("id", "=", id).executeTakeFirstOrThrow();
  const { input, address, results, cancelled } = JSON.parse(job.body) as OldBatch;
  const { items, model, timeoutMs, parallel } = input;
  for (const [place, item] of items.entries()) {
    const result = results[place] ?? null;
    const row = {
      job_id: id,
      place,
      body: JSON.stringify(item),
      status: result?.status ?? null,
      result: result && JSON.stringify(result),
      cost_micros: Math.round((result?.cost ?? 0) * 1_000_000),
      tokens: result?.usage?.total_tokens ?? 0,
    };
    await db.insertInto("job_items").values(row).execute();
  }
  const digest = hash("sha256", JSON.stringify(input));
  const body = { model, timeoutMs, parallel, total: items.length, digest, address, cancelled };
  await db
    .updateTable("jobs")
    .set({ body: JSON.stringify(body), version: sql<number>`version + 1` })
    .where("id", "=", id)
    .execute();
  // Whoever holds it knows nothing of its items: it writes no more, and another goes on.
  await db
    .updateTable("jobs")
    .set({ phase: "waiting", status: "queued", lease_node: null, lease_until: 0, fence: sql<number>`fence + 1` })
    .where("id", "=", id)
    .where("phase", "=", "running")
    .execute();
}
