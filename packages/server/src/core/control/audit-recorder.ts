import type { AuditEntry } from "@gantry/contracts/audit";
import { errorCatalogue, FailureError } from "@gantry/contracts/errors";
import type { AuditedWrites } from "../ports/audited-writes.ts";
import type { Actor } from "./actor.ts";
import type { ControlParts } from "./control-parts.ts";

/** What is about to be changed. */
export interface Change {
  /** `<noun>.<verb>`, such as `key.created`. */
  readonly action: string;
  /** What it is done to, such as `key:<id>`. */
  readonly target: string;
  readonly projectId: string | null;
  /** What was asked for; only its digest is recorded. Never with a secret in it. */
  readonly payload?: unknown;
  readonly detail?: string;
}

export interface AuditRecorder {
  /**
   * Makes a change and records it, also where it was refused or failed. What `make` writes through the stores that it is given is
   * committed together with the record: whenever the server dies, there is no change without its row. Rejects with the change's own error.
   */
  record<Result>(actor: Actor, change: Change, make: (stores: AuditedWrites) => Promise<Result>): Promise<Result>;
}

export function createAuditRecorder({ store, clock, digest }: ControlParts): AuditRecorder {
  const toEntry = (actor: Actor, change: Change, result: AuditEntry["result"], detail: string | null): AuditEntry => ({
    at: clock.epoch(),
    actor: actor.id,
    action: change.action,
    target: change.target,
    projectId: change.projectId,
    address: actor.address,
    policy: actor.policy,
    result,
    detail,
    payloadDigest: change.payload === undefined ? null : digest(JSON.stringify(change.payload)),
  });

  return {
    async record(actor, change, make) {
      const done = toEntry(actor, change, "ok", change.detail ?? null);
      const stores = store.audited(done);
      let made;
      try {
        made = await make(stores);
      } catch (error) {
        // The change stands, whatever came after it.
        if (stores.recorded()) throw error;
        const code = error instanceof FailureError ? error.failure.code : "internal";
        const result = errorCatalogue[code].status < 500 ? "refused" : "failed";
        // Where the store is out of reach this fails too, and the first error is the one to tell.
        await store.audit.append(toEntry(actor, change, result, code)).catch(() => undefined);
        throw error;
      }
      // Another was quicker with the same, and nothing was left to be changed.
      if (!stores.recorded()) await store.audit.append(done);
      return made;
    },
  };
}
