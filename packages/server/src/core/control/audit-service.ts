import type { AuditCheckpoint, AuditRow } from "@gantry/contracts/audit";
import { chainStart } from "../audit/audit-chain.ts";
import type { AuditFilter } from "../ports/audit-log.ts";
import type { ControlParts } from "./control-parts.ts";

export interface AuditService {
  /** Rows in the order of their numbers, after `after`; `next` is null where there are no more. */
  list(filter: AuditFilter, after: number, limit: number): Promise<AuditPage>;
  /** All rows after `after` that were there when it began, read as they are taken. */
  rows(filter: AuditFilter, after: number): AsyncIterable<readonly AuditRow[]>;
  /** The end of the chain; sequence 0 where nothing was recorded yet. */
  checkpoint(): Promise<AuditCheckpoint>;
}

export interface AuditPage {
  readonly rows: readonly AuditRow[];
  readonly next: number | null;
}

const exportPage = 500;

export function createAuditService({ store, clock }: ControlParts): AuditService {
  return {
    async list(filter, after, limit) {
      const found = await store.audit.read(filter, after, limit + 1);
      const rows = found.slice(0, limit);
      return { rows, next: found.length > limit ? (rows.at(-1)?.sequence ?? null) : null };
    },
    async *rows(filter, after) {
      // Up to here and no further: an export of a busy server would never end otherwise.
      const last = (await store.audit.head())?.sequence ?? 0;
      for (let position = after; position < last;) {
        const rows = await store.audit.read(filter, position, exportPage);
        yield rows.filter(({ sequence }) => sequence <= last);
        if (rows.length < exportPage) return;
        position = rows.at(-1)?.sequence ?? last;
      }
    },
    checkpoint: async () => (await store.audit.head()) ?? { sequence: 0, hash: chainStart, at: clock.epoch() },
  };
}
