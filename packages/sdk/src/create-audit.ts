import type { AuditCheckpoint, AuditRow } from "@gantry/contracts/audit";
import type { CallOptions, Transport } from "./create-transport.ts";
import { readPages, type Page } from "./pages.ts";

export interface AuditFilter {
  readonly limit?: number;
  /** A row's number, or the page before it. */
  readonly after?: number | string;
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly project_id?: string;
  /** RFC 3339 or epoch milliseconds; `to` is exclusive. */
  readonly from?: string | number;
  readonly to?: string | number;
}

/** Who did what, in the order of its numbers. */
export interface Audit {
  rows(filter?: AuditFilter, options?: CallOptions): Promise<Page<AuditRow>>;
  allRows(filter?: AuditFilter, options?: CallOptions): AsyncGenerator<AuditRow, void>;
  /** The end of the chain: kept elsewhere, it proves later that nothing was cut off. */
  checkpoint(options?: CallOptions): Promise<AuditCheckpoint>;
}

export function createAudit(transport: Transport): Audit {
  const path = "/v1/audit";
  const rows = (
    { cursor, ...filter }: AuditFilter & { readonly cursor?: string },
    options?: CallOptions,
  ): Promise<Page<AuditRow>> =>
    // This list goes on by its numbers.
    transport.json(
      { method: "GET", path, query: { ...filter, ...(cursor !== undefined && { after: cursor }) } },
      options,
    );
  return {
    rows: (filter = {}, options) => rows(filter, options),
    allRows: (filter = {}, options) => readPages<AuditRow, AuditFilter>(rows, filter, options),
    checkpoint: (options) => transport.json({ method: "GET", path: `${path}/checkpoint` }, options),
  };
}
