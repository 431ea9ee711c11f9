import type { PageRequest } from "../../../core/ports/control-store.ts";

/** The page that a query asks for. */
export function toPageRequest({ limit, cursor }: { limit: number; cursor?: string | undefined }): PageRequest {
  return { limit, ...(cursor !== undefined && { cursor }) };
}
