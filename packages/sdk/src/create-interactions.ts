import type { Interaction, InteractionAnswer, InteractionState } from "@gantry/contracts/interactions";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createManagedLists, type ManagedList, type ManagedPaging } from "./list-managed.ts";

export interface InteractionFilter extends ManagedPaging {
  readonly session_id?: string;
  /** Open ones where it is missing. */
  readonly states?: InteractionState;
}

/** What agents wait for a person to say. The key needs the scope `approve`. */
export interface Interactions {
  /** Newest first. */
  list(filter?: InteractionFilter, options?: CallOptions): Promise<ManagedList<Interaction>>;
  all(filter?: InteractionFilter, options?: CallOptions): AsyncGenerator<Interaction, void>;
  get(id: string, options?: CallOptions): Promise<Interaction>;
  /** The first answer counts; a later one is a `conflict`. */
  answer(id: string, answer: InteractionAnswer, options?: CallOptions): Promise<Interaction>;
}

export function createInteractions(transport: Transport): Interactions {
  const pathOf = (id: string) => `/v1/interactions/${encodeURIComponent(id)}`;
  return {
    ...createManagedLists<Interaction, InteractionFilter>(transport, "/v1/interactions"),
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    answer: (id, answer, options) =>
      transport.json({ method: "POST", path: pathOf(id), body: answer, repeat: "keyed" }, options),
  };
}
