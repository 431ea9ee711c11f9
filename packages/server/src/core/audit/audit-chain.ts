import type { AuditEntry, AuditRow } from "@gantry/contracts/audit";

/** A one-way digest of a text, in hexadecimal. */
export type AuditDigest = (text: string) => string;

/** What the first row is chained to. */
export const chainStart = "0".repeat(64);

/** The text a row's hash is made of: every field, in a fixed order, so that no two different rows share it. */
export function toChainText(sequence: number, previousHash: string, entry: AuditEntry): string {
  const { at, actor, action, target, projectId, address, policy, result, detail, payloadDigest } = entry;
  return JSON.stringify([
    previousHash,
    sequence,
    at,
    actor,
    action,
    target,
    projectId,
    address,
    policy,
    result,
    detail,
    payloadDigest,
  ]);
}

/** Chains an entry to the row before it; `undefined` for the first. */
export function chainEntry(
  before: Pick<AuditRow, "sequence" | "hash"> | undefined,
  entry: AuditEntry,
  digest: AuditDigest,
): AuditRow {
  const sequence = (before?.sequence ?? 0) + 1;
  const previousHash = before?.hash ?? chainStart;
  return { ...entry, sequence, previousHash, hash: digest(toChainText(sequence, previousHash, entry)) };
}
