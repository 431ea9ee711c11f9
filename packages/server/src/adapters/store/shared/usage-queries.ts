import type { UsageGrouping, UsageSum } from "@gantry/contracts/usage";
import { sql, type Kysely, type RawBuilder } from "kysely";
import type { UsageFilter, UsageStore } from "../../../core/ports/usage-store.ts";
import { createCleanTextPlugin } from "./clean-text-plugin.ts";
import { findPosition, isAfter, toPage } from "./pages.ts";
import type { Database } from "./schema.ts";
import { toUsageRow } from "./usage-rows.ts";

const groupColumns = {
  model: "model",
  key: "key_id",
  project: "project_id",
  day: "day",
  outcome: "outcome",
} as const satisfies Record<UsageGrouping, keyof Database["usage"]>;

/** Reads of usage rows on either store. Groups are ordered by their name, code unit by code unit. */
export function createUsageStore(database: Kysely<Database>): UsageStore {
  const db = database.withPlugin(createCleanTextPlugin());
  return {
    async sum(filter, by) {
      const column = groupColumns[by];
      const rows = await selectUsage(db, filter)
        .select([
          `${column} as group`,
          ({ fn }) => fn.countAll().as("requests"),
          sumOf("input_tokens").as("inputTokens"),
          sumOf("cache_read_tokens").as("cacheReadTokens"),
          sumOf("cache_write_tokens").as("cacheWriteTokens"),
          sumOf("output_tokens").as("outputTokens"),
          sumOf("cost_micros").as("costMicros"),
          // What a lost request cost is not known either, but its model may well have a price.
          sql`sum(case when cost_micros is null and outcome <> 'lost' then 1 else 0 end)`.as("unpriced"),
          sql`count(distinct key_id)`.as("keys"),
        ])
        .groupBy(column)
        .execute();
      return rows.map(toUsageSum).toSorted((left, right) => (left.group < right.group ? -1 : 1));
    },
    async list(filter, { limit, cursor }) {
      let query = selectUsage(db, filter).selectAll().orderBy("at", "desc").orderBy("id", "desc");
      if (cursor !== undefined) query = query.where(isAfter("at", "id", await findPosition(db, "usage", "at", cursor)));
      return toPage(await query.limit(limit + 1).execute(), limit, toUsageRow, ({ id }) => id);
    },
  };
}

function selectUsage(db: Kysely<Database>, filter: UsageFilter) {
  let query = db.selectFrom("usage").where("at", ">=", filter.from).where("at", "<", filter.to);
  if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
  if (filter.keyId !== undefined) query = query.where("key_id", "=", filter.keyId);
  if (filter.runId !== undefined) query = query.where("run_id", "=", filter.runId);
  if (filter.model !== undefined) query = query.where("model", "=", filter.model);
  return query;
}

/** As text: PostgreSQL sums 64-bit integers into decimals, and a sum may be more than a safe integer on both stores. */
function sumOf(column: keyof Database["usage"]): RawBuilder<string> {
  return sql<string>`cast(coalesce(sum(${sql.ref(column)}), 0) as text)`;
}

/** Counts and sums come as numbers, bigints or text. */
function toUsageSum({ group, ...figures }: Record<Exclude<keyof UsageSum, "group">, unknown> & { group: string }) {
  return {
    group,
    requests: Number(figures.requests),
    inputTokens: Number(figures.inputTokens),
    cacheReadTokens: Number(figures.cacheReadTokens),
    cacheWriteTokens: Number(figures.cacheWriteTokens),
    outputTokens: Number(figures.outputTokens),
    costMicros: Number(figures.costMicros),
    unpriced: Number(figures.unpriced),
    keys: Number(figures.keys),
  };
}
