import type { Principal } from "../access/principal.ts";
import type { Actor } from "./actor.ts";

/** Who asks, and how the audit names him. */
export interface Caller {
  readonly principal: Principal;
  readonly actor: Actor;
}
