import type { AuditEntry } from "@gantry/contracts/audit";
import { StoreError } from "../adapters/store/shared/store-error.ts";
import { examineDraft } from "../adapters/store/sqlite/restore-draft.ts";
import type { Actor } from "../core/control/actor.ts";
import { refuseField, refuseState } from "../core/control/refusals.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { Store } from "../core/ports/store.ts";
import type { StoreRestorer } from "../core/ports/store-restorer.ts";
import type { Config } from "./config.ts";

/** A restore that an administrator has asked for. */
export interface RestoreRequest {
  /** The draft's id. */
  readonly id: string;
  readonly actor: Actor;
}

export interface RestorerParts {
  readonly config: Pick<Config, "dataDirectory" | "database">;
  readonly store: Pick<Store, "audit">;
  readonly clock: Pick<Clock, "epoch">;
  readonly log: Log;
}

export interface AwaitedRestorer extends StoreRestorer {
  /** Resolves with the one restore that was asked for: a server that is to go on with another store is one that ends. */
  readonly asked: Promise<RestoreRequest>;
}

/** Takes an administrator's restore, and leaves it to whoever runs the server. */
export function createStoreRestorer({ config, store, clock, log }: RestorerParts): AwaitedRestorer {
  const { promise: asked, resolve } = Promise.withResolvers<RestoreRequest>();
  let pending = false;

  async function requireUsable(id: string): Promise<void> {
    if (config.database !== undefined) {
      throw refuseField("draft", "the store is a PostgreSQL database, which its own pg_restore puts back");
    }
    try {
      await examineDraft({ directory: config.dataDirectory, id });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      // The sentence names files of the machine.
      log.warn({ err: error }, "a copy of the store cannot be put in place");
      throw refuseField("draft", "there is none of that name in the server's data directory that it could use");
    }
  }

  return {
    asked,
    async restore(id, actor) {
      if (pending) throw refuseState("Another restore is under way; wait until it has ended.");
      pending = true;
      try {
        await requireUsable(id);
        await store.audit.append(toRestoreEntry("store.replaced", actor, clock.epoch()));
      } catch (error) {
        pending = false;
        throw error;
      }
      resolve({ id, actor });
    },
  };
}

/** The row that the audit of the old store ends with (`store.replaced`), and that of the copy goes on with (`store.restored`). */
export function toRestoreEntry(action: "store.replaced" | "store.restored", actor: Actor, at: number): AuditEntry {
  return {
    at,
    actor: actor.id,
    action,
    target: "store",
    projectId: null,
    address: actor.address,
    policy: actor.policy,
    result: "ok",
    detail: null,
    payloadDigest: null,
  };
}
