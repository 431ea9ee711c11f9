import type { AuditEntry } from "@gantry/contracts/audit";
import { errorCatalogue, FailureError } from "@gantry/contracts/errors";
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
   * Makes a change and records it, also where it was refused or failed. Resolves when both are committed; rejects with the change's
   * own error. Where the record alone cannot be written it rejects as well, and the change stands: nobody is told that
   * all is well without a record.
   */
  record<Result>(actor: Actor, change: Change, make: () => Promise<Result>): Promise<Result>;
}

export function createAuditRecorder({ store, clock, digest }: ControlParts): AuditRecorder {
  const append = (actor: Actor, change: Change, result: AuditEntry["result"], detail: string | null) =>
    store.audit.append({
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
      let made;
      try {
        made = await make();
      } catch (error) {
        const code = error instanceof FailureError ? error.failure.code : "internal";
        const result = errorCatalogue[code].status < 500 ? "refused" : "failed";
        // Where the store is out of reach this fails too, and the first error is the one to tell.
        await append(actor, change, result, code).catch(() => undefined);
        throw error;
      }
      await append(actor, change, "ok", change.detail ?? null);
      return made;
    },
  };
}
