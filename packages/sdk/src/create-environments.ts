import type { Environment, environmentInput } from "@gantry/contracts/environments";
import type { z } from "zod";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createManagedLists, type ManagedList, type ManagedPaging } from "./list-managed.ts";

/** What sessions run in: without a config, no network. */
export interface Environments {
  create(input: z.input<typeof environmentInput>, options?: CallOptions): Promise<Environment>;
  get(id: string, options?: CallOptions): Promise<Environment>;
  list(paging?: ManagedPaging, options?: CallOptions): Promise<ManagedList<Environment>>;
  all(paging?: ManagedPaging, options?: CallOptions): AsyncGenerator<Environment, void>;
  archive(id: string, options?: CallOptions): Promise<Environment>;
}

export function createEnvironments(transport: Transport): Environments {
  const path = "/v1/environments";
  const pathOf = (id: string, rest = "") => `${path}/${encodeURIComponent(id)}${rest}`;
  return {
    ...createManagedLists<Environment, ManagedPaging>(transport, path),
    create: (body, options) => transport.json({ method: "POST", path, body, repeat: "keyed" }, options),
    get: (id, options) => transport.json({ method: "GET", path: pathOf(id) }, options),
    archive: (id, options) =>
      transport.json({ method: "POST", path: pathOf(id, "/archive"), repeat: "keyed" }, options),
  };
}
