import { z } from "zod";
import type { StoreRestorer } from "../../../core/ports/store-restorer.ts";
import type { Handlers, Operation } from "./operation.ts";

export const storeOperations = {
  restoreStore: {
    method: "POST",
    path: "/v1/admin/store/restore",
    summary:
      "Put a copy in place of the embedded store. `gantry restore` lays the copy into the server's data directory and names it here; the " +
      "server lets running answers finish, swaps the databases and goes on with the copy.",
    access: "admin",
    body: z.strictObject({
      draft: z
        .string()
        .regex(/^[0-9a-f]{12}$/, "twelve hexadecimal digits")
        .meta({ description: "What the copy's name in the data directory ends with." }),
    }),
    answer: z.strictObject({ draft: z.string(), accepted: z.boolean() }),
    status: 202,
  },
} as const satisfies Record<string, Operation>;

export function createStoreHandlers(restorer: StoreRestorer): Handlers<typeof storeOperations> {
  return {
    async restoreStore({ actor, body }) {
      await restorer.restore(body.draft, actor);
      return { draft: body.draft, accepted: true };
    },
  };
}
