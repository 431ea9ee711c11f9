import type { UsageRow, UsageSum } from "@gantry/contracts/usage";
import type { TextAnswer } from "./operation.ts";
import { toCsvLine } from "./to-csv-line.ts";

const contentType = "text/csv; charset=utf-8; header=present";

/** Sums as CSV, one row a group. Money in whole dollars too, as people read it. */
export function toSumsCsv(sums: readonly UsageSum[], grouping: string): TextAnswer {
  return { contentType, fileName: `usage-by-${grouping}.csv`, chunks: write() };

  async function* write() {
    const tokens = ["inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens"];
    yield toCsvLine([grouping, "requests", ...tokens, "costMicros", "costUsd", "unpriced", "keys"]);
    for (const sum of sums) {
      const { group, requests, inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, costMicros } = sum;
      const kinds = [inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens];
      // Where nothing had a price there is no cost to tell: it is not zero.
      const cost = sum.unpriced > 0 && costMicros === 0 ? [null, null] : [costMicros, costMicros / 1e6];
      yield toCsvLine([group, requests, ...kinds, ...cost, sum.unpriced, sum.keys]);
    }
  }
}

const rowColumns = [
  "id",
  "at",
  "projectId",
  "keyId",
  "runId",
  "model",
  "driver",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "costMicros",
  "costUsd",
  "latencyMs",
  "firstTokenMs",
  "outcome",
  "profile",
];

/** Rows as CSV, written as the pages are read. */
export function toRowsCsv(pages: AsyncIterable<readonly UsageRow[]>): TextAnswer {
  return { contentType, fileName: "usage.csv", chunks: write() };

  async function* write() {
    yield toCsvLine(rowColumns);
    for await (const rows of pages) yield rows.map(toRowLine).join("");
  }
}

function toRowLine(row: UsageRow): string {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = row.tokens;
  return toCsvLine([
    row.id,
    new Date(row.at).toISOString(),
    row.projectId,
    row.keyId,
    row.runId,
    row.model,
    row.driver,
    inputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens,
    row.costMicros,
    row.costMicros === null ? null : row.costMicros / 1e6,
    row.latencyMs,
    row.firstTokenMs,
    row.outcome,
    row.profile,
  ]);
}
