import type { Actor } from "../control/actor.ts";

/** Puts a copy of the embedded store in place of the one that the server runs on. */
export interface StoreRestorer {
  /**
   * Resolves once it is certain that the server will try: it drains, puts the draft in place and goes on with it. Rejects with a
   * `FailureError`: `invalid_request` where the store is no embedded one or the draft cannot be used, `conflict` where another
   * one is under way.
   */
  restore(draft: string, actor: Actor): Promise<void>;
}
