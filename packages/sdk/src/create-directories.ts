import type { directoryInput, DirectoryUpdate, RegisteredDirectory } from "@gantry/contracts/directories";
import type { z } from "zod";
import { createResource, type Lists, type Paging } from "./create-resource.ts";
import type { CallOptions, Transport } from "./create-transport.ts";

/** Directories of the server's machine that work may begin with, or be landed in. */
export interface AdminDirectories extends Lists<RegisteredDirectory, Paging> {
  create(input: z.input<typeof directoryInput>, options?: CallOptions): Promise<RegisteredDirectory>;
  get(name: string, options?: CallOptions): Promise<RegisteredDirectory>;
  update(name: string, change: DirectoryUpdate, options?: CallOptions): Promise<RegisteredDirectory>;
  /** Forgets it; its files stay. */
  delete(name: string, options?: CallOptions): Promise<void>;
}

export function createDirectories(transport: Transport): AdminDirectories {
  const { lists, read, send } = createResource<RegisteredDirectory, Paging>(transport, "directories");
  return {
    ...lists,
    create: (input, options) => send("POST", "", input, options),
    get: (name, options) => read(name, {}, options),
    update: (name, change, options) => send("PATCH", name, change, options),
    async delete(name, options) {
      await send("DELETE", name, undefined, options);
    },
  };
}
