import type { Agent, agentInput, agentUpdate } from "@gantry/contracts/agents";
import type { z } from "zod";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createManagedLists, type ManagedList, type ManagedPaging } from "./list-managed.ts";

/** Agents that sessions are made after. A change makes the next version; a session keeps the one it began with. */
export interface Agents {
  create(input: z.input<typeof agentInput>, options?: CallOptions): Promise<Agent>;
  get(id: string, options?: CallOptions): Promise<Agent>;
  list(paging?: ManagedPaging, options?: CallOptions): Promise<ManagedList<Agent>>;
  all(paging?: ManagedPaging, options?: CallOptions): AsyncGenerator<Agent, void>;
  update(id: string, change: z.input<typeof agentUpdate>, options?: CallOptions): Promise<Agent>;
  archive(id: string, options?: CallOptions): Promise<Agent>;
}

export function createAgents(transport: Transport): Agents {
  const pathOf = (id: string, rest = "") => `/v1/agents/${encodeURIComponent(id)}${rest}`;
  return {
    ...createManagedLists<Agent, ManagedPaging>(transport, "/v1/agents"),
    create: (body, options) => transport.json({ method: "POST", path: "/v1/agents", body, repeat: "keyed" }, options),
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    update: (id, body, options) => transport.json({ method: "POST", path: pathOf(id), body, repeat: "keyed" }, options),
    archive: (id, options) =>
      transport.json({ method: "POST", path: pathOf(id, "/archive"), repeat: "keyed" }, options),
  };
}
