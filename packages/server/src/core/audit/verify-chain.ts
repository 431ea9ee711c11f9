import type { AuditCheckpoint, AuditRow } from "@gantry/contracts/audit";
import { chainStart, toChainText, type AuditDigest } from "./audit-chain.ts";

/**
 * The first fault of a chain.
 *
 * `changed`: a row's fields are not those its hash was made of. `unlinked`: a row is not chained to the one before as
 * that stands: one of the two was replaced. `missing`: numbers are left out. `reordered`: a row comes after one of a
 * higher number, or twice. `checkpoint`: the row that a checkpoint names is another one. `cut`: the chain ends before
 * the checkpoint.
 */
export interface ChainFault {
  readonly kind: "changed" | "unlinked" | "missing" | "reordered" | "checkpoint" | "cut";
  /** Number of the row at fault, or of the first that is not there. */
  readonly sequence: number;
  readonly message: string;
}

export type ChainHead = Pick<AuditRow, "sequence" | "hash">;

export type ChainVerdict =
  /** `head` is undefined for an empty chain. */
  | { readonly ok: true; readonly rows: number; readonly head: ChainHead | undefined }
  | { readonly ok: false; readonly fault: ChainFault };

/**
 * Verifies a whole chain from its first row, in one pass and with one row in memory. Without a checkpoint it cannot be
 * seen that the tail was cut, or that everything was written anew: whoever can write the rows can also make the hashes.
 * A checkpoint that was kept elsewhere proves the chain up to its row.
 */
export async function verifyChain(
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  digest: AuditDigest,
  checkpoint?: Pick<AuditCheckpoint, "sequence" | "hash">,
): Promise<ChainVerdict> {
  // What names no row proves nothing, and must not pass for a proof.
  if (checkpoint !== undefined && !isPlace(checkpoint.sequence)) return toVerdict(toCheckpointFault(0));
  if (checkpoint?.sequence === 0 && checkpoint.hash !== chainStart) return toVerdict(toCheckpointFault(0));
  let head: ChainHead | undefined;
  let gap: ChainFault | undefined;
  for await (const row of rows) {
    // Behind a gap there is one thing left to learn: whether what is missing comes later.
    if (gap !== undefined) {
      if (row.sequence === gap.sequence) return toVerdict(toReorderedFault(row.sequence));
      continue;
    }
    const fault = checkRow(row, head, digest);
    if (fault?.kind === "missing") gap = fault;
    else if (fault !== undefined) return toVerdict(fault);
    else if (row.sequence === checkpoint?.sequence && row.hash !== checkpoint.hash)
      return toVerdict(toCheckpointFault(row.sequence));
    else head = { sequence: row.sequence, hash: row.hash };
  }
  if (gap !== undefined) return toVerdict(gap);
  const length = head?.sequence ?? 0;
  if (checkpoint !== undefined && !(checkpoint.sequence <= length))
    return toVerdict(toCutFault(length, checkpoint.sequence));
  return { ok: true, rows: length, head };
}

function checkRow(row: AuditRow, before: ChainHead | undefined, digest: AuditDigest): ChainFault | undefined {
  const { sequence, previousHash, hash } = row;
  const expected = (before?.sequence ?? 0) + 1;
  if (sequence > expected) {
    return {
      kind: "missing",
      sequence: expected,
      message: `Row ${expected} is missing: row ${sequence} comes in its place.`,
    };
  }
  // Not `<`: a number that is none is not the expected one either.
  if (sequence !== expected) return toReorderedFault(sequence);
  if (hash !== digest(toChainText(sequence, previousHash, row))) {
    return { kind: "changed", sequence, message: `Row ${sequence} was changed: its hash is not that of its fields.` };
  }
  if (previousHash === (before?.hash ?? chainStart)) return undefined;
  const link = before === undefined ? "the start of the chain" : `row ${before.sequence} as it stands`;
  return {
    kind: "unlinked",
    sequence,
    message: `Row ${sequence} is not chained to ${link}: one of them was replaced.`,
  };
}

function toReorderedFault(sequence: number): ChainFault {
  return { kind: "reordered", sequence, message: `Row ${sequence} is out of its place, or there twice.` };
}

function toCheckpointFault(sequence: number): ChainFault {
  return {
    kind: "checkpoint",
    sequence,
    message: `Row ${sequence} is not the one that the checkpoint names: the chain was written anew.`,
  };
}

function toCutFault(length: number, sequence: number): ChainFault {
  const message = `The chain ends with row ${length}, but the checkpoint names row ${sequence}: the tail was cut off.`;
  return { kind: "cut", sequence: length + 1, message };
}

function toVerdict(fault: ChainFault): ChainVerdict {
  return { ok: false, fault };
}

function isPlace(sequence: number): boolean {
  return Number.isSafeInteger(sequence) && sequence >= 0;
}
