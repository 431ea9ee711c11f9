import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";
import type { UsageOutcome, UsageRow } from "@gantry/contracts/usage";
import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { chainEntry } from "../../../core/audit/audit-chain.ts";
import type { LedgerTables } from "../../../core/budgets/ledger-tables.ts";
import { toAuditRecord } from "../shared/audit-rows.ts";
import { toUsageRecord } from "../shared/usage-rows.ts";
import type { TableCopies } from "./table-copies.ts";

interface RecordTables extends Pick<LedgerTables, "usageOutcome" | "putUsage">, TableCopies {
  append(entry: AuditEntry): AuditRow;
}

const usageColumns = [
  "id",
  "at",
  "day",
  "project_id",
  "key_id",
  "run_id",
  "model",
  "driver",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "cost_micros",
  "latency_ms",
  "first_token_ms",
  "outcome",
  "profile",
] as const;

const auditColumns = [
  "sequence",
  "at",
  "actor",
  "action",
  "target",
  "project_id",
  "address",
  "policy",
  "result",
  "detail",
  "payload_digest",
  "previous_hash",
  "hash",
] as const;

/** Usage rows and the audit chain, whose end is kept in memory. */
export function createRecordTables(db: DatabaseSync): RecordTables {
  const selectOutcome = db.prepare("select outcome from usage where id = ?");
  const writeUsage = prepareInsert(db, "insert or replace into usage", usageColumns);
  const writeAudit = prepareInsert(db, "insert into audit", auditColumns);
  const selectLast = db.prepare("select sequence, hash from audit order by sequence desc limit 1");
  const usage = new Map<string, UsageRow>();
  const appended: AuditRow[] = [];
  let last: Pick<AuditRow, "sequence" | "hash"> | undefined;

  const readLast = (): typeof last => {
    const row = selectLast.get();
    return row && { sequence: Number(row["sequence"]), hash: String(row["hash"]) };
  };

  return {
    usageOutcome(id) {
      const waiting = usage.get(id);
      if (waiting !== undefined) return waiting.outcome;
      const row = selectOutcome.get(id);
      // Written from the same list.
      return row && (String(row["outcome"]) as UsageOutcome);
    },
    putUsage(row) {
      usage.set(row.id, row);
    },
    append(entry) {
      last ??= readLast();
      const row = chainEntry(last, entry, (text) => hash("sha256", text));
      appended.push(row);
      last = row;
      return row;
    },
    flush() {
      for (const row of usage.values()) {
        const record = toUsageRecord(row);
        writeUsage.run(...usageColumns.map((column) => record[column]));
      }
      usage.clear();
      for (const row of appended) {
        const record = toAuditRecord(row);
        writeAudit.run(...auditColumns.map((column) => record[column]));
      }
      appended.length = 0;
    },
    forget() {
      usage.clear();
      appended.length = 0;
      last = undefined;
    },
  };
}

function prepareInsert(db: DatabaseSync, command: string, columns: readonly string[]): StatementSync {
  return db.prepare(`${command} (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`);
}
