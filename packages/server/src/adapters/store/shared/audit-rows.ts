import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";
import type { Selectable } from "kysely";
import type { Database } from "./schema.ts";

type AuditRecord = Selectable<Database["audit"]>;

/** An audit row as its table holds it; both stores append this. */
export function toAuditRecord(row: AuditRow): AuditRecord {
  return {
    sequence: row.sequence,
    at: row.at,
    actor: row.actor,
    action: row.action,
    target: row.target,
    project_id: row.projectId,
    address: row.address,
    policy: row.policy,
    result: row.result,
    detail: row.detail,
    payload_digest: row.payloadDigest,
    previous_hash: row.previousHash,
    hash: row.hash,
  };
}

export function toAuditRow(record: AuditRecord): AuditRow {
  return {
    sequence: record.sequence,
    at: record.at,
    actor: record.actor,
    action: record.action,
    target: record.target,
    projectId: record.project_id,
    address: record.address,
    policy: record.policy,
    // Written from the same list; a row that was tampered with is found by its hash.
    result: record.result as AuditEntry["result"],
    detail: record.detail,
    payloadDigest: record.payload_digest,
    previousHash: record.previous_hash,
    hash: record.hash,
  };
}
