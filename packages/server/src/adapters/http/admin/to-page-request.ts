import type { PageRequest } from "../../../core/ports/control-store.ts";
import { usualRows } from "./query-fields.ts";

/** What of a query says which page is wanted. */
export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The page that a query asks for. */
export function toPageRequest({ limit = usualRows, cursor }: PageQuery): PageRequest {
  return { limit, ...(cursor !== undefined && { cursor }) };
}
