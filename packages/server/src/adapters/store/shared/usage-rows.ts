import type { UsageOutcome, UsageRow } from "@gantry/contracts/usage";
import type { Selectable } from "kysely";
import type { Database } from "./schema.ts";

type UsageRecord = Selectable<Database["usage"]>;

/** A usage row as its table holds it, durations in whole milliseconds; both ledgers write this. */
export function toUsageRecord(row: UsageRow): UsageRecord {
  return {
    id: row.id,
    at: row.at,
    day: toUtcDay(row.at),
    project_id: row.projectId,
    key_id: row.keyId,
    run_id: row.runId,
    model: row.model,
    driver: row.driver,
    input_tokens: row.tokens.inputTokens,
    cache_read_tokens: row.tokens.cacheReadTokens,
    cache_write_tokens: row.tokens.cacheWriteTokens,
    output_tokens: row.tokens.outputTokens,
    cost_micros: row.costMicros,
    latency_ms: Math.round(row.latencyMs),
    first_token_ms: row.firstTokenMs === null ? null : Math.round(row.firstTokenMs),
    outcome: row.outcome,
    profile: row.profile,
  };
}

export function toUsageRow(record: UsageRecord): UsageRow {
  return {
    id: record.id,
    at: record.at,
    projectId: record.project_id,
    keyId: record.key_id,
    runId: record.run_id,
    model: record.model,
    driver: record.driver,
    tokens: {
      inputTokens: record.input_tokens,
      cacheReadTokens: record.cache_read_tokens,
      cacheWriteTokens: record.cache_write_tokens,
      outputTokens: record.output_tokens,
    },
    costMicros: record.cost_micros,
    latencyMs: record.latency_ms,
    firstTokenMs: record.first_token_ms,
    // Written from the same list.
    outcome: record.outcome as UsageOutcome,
    profile: record.profile,
  };
}

/** The UTC day of a moment, as `2026-11-20`. */
function toUtcDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
