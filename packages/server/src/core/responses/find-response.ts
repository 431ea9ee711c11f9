import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Principal } from "../access/principal.ts";
import { sees } from "../access/visibility.ts";
import { createLeasesOver } from "../upkeep/create-leases-over.ts";
import type { StoredResponse } from "../ports/response-store.ts";
import type { ResponseParts } from "./response-parts.ts";
import { toResponseRecord, type ResponseRecord } from "./response-record.ts";

/** Finds kept responses as a key may see them. */
export interface ResponseFinder {
  /** Undefined where there is none for this key: unknown, removed, over, or of another project. */
  find(principal: Principal, id: string): Promise<ResponseRecord | undefined>;
  /** Whether it may be seen, as the store gave it. */
  isVisible(principal: Principal, stored: StoredResponse): boolean;
}

export function createResponseFinder(parts: ResponseParts): ResponseFinder {
  const { store, format, clock } = parts;
  const leasesOver = createLeasesOver(parts, parts.limits.leaseMs);
  const isVisible = (principal: Principal, { projectId, expiresAt }: StoredResponse) =>
    sees(principal, projectId) && expiresAt > clock.epoch();

  /** Whoever made it is dead: it will not be made any more. */
  async function closeAbandoned(record: ResponseRecord): Promise<ResponseRecord | undefined> {
    const { stored, body } = record;
    if (stored.state !== "running" || (stored.leaseUntil ?? 0) > leasesOver()) return record;
    const failure = toFailure("internal", "The server ended while it made this response.");
    await store.end(stored.id, JSON.stringify(format.close(body, "failed", failure)));
    const now = await store.get(stored.id);
    return now === undefined || now.state === "removed" ? undefined : toResponseRecord(now);
  }

  return {
    async find(principal, id) {
      const stored = await store.get(id);
      if (stored === undefined || stored.state === "removed" || !isVisible(principal, stored)) return undefined;
      return await closeAbandoned(toResponseRecord(stored));
    },
    isVisible,
  };
}

/** In the vendor's words, which say no more of a response of others than of one that never was. */
export function toMissingResponse(id: string): FailureError {
  return new FailureError(toFailure("not_found", `Response with id ${quoteId(id)} not found.`));
}

export const quoteId = (id: string): string => JSON.stringify(id.slice(0, 128));
