import {
  directoryAccesses,
  directoryInput,
  directoryUpdate,
  type RegisteredDirectory,
} from "@gantry/contracts/directories";
import { z } from "zod";
import type { DirectoryService } from "../../../core/workspaces/directory-service.ts";
import { listAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";

const directoryAnswer = z.strictObject({
  name: z.string(),
  path: z.string(),
  access: z.enum(directoryAccesses),
  createdAt: z.int().meta({ description: "Epoch milliseconds." }),
}) satisfies z.ZodType<RegisteredDirectory>;

export const directoryOperations = {
  createDirectory: {
    method: "POST",
    path: "/v1/admin/directories",
    summary:
      "Register a directory of the server's machine. Requests name it by its name; no other path of the machine can be named. What holds keys, " +
      "logins, the system or the server's own data is refused.",
    access: "admin",
    body: directoryInput,
    answer: directoryAnswer,
    status: 201,
  },
  listDirectories: {
    method: "GET",
    path: "/v1/admin/directories",
    summary: "List registered directories, newest first; the one in which the server was started is the last.",
    access: "admin",
    query: z.strictObject(pageFields),
    answer: listAnswer(directoryAnswer),
  },
  getDirectory: {
    method: "GET",
    path: "/v1/admin/directories/:name",
    summary: "Show a registered directory.",
    access: "admin",
    answer: directoryAnswer,
  },
  updateDirectory: {
    method: "PATCH",
    path: "/v1/admin/directories/:name",
    summary: "Say whether work may be landed in a directory.",
    access: "admin",
    body: directoryUpdate,
    answer: directoryAnswer,
  },
  removeDirectory: {
    method: "DELETE",
    path: "/v1/admin/directories/:name",
    summary:
      "Forget a directory. Its files stay, and so do workspaces that were made of it; nothing can be landed in it any more.",
    access: "admin",
    answer: z.strictObject({ name: z.string(), deleted: z.literal(true) }),
  },
} as const satisfies Record<string, Operation>;

export function createDirectoryHandlers(directories: DirectoryService): Handlers<typeof directoryOperations> {
  return {
    createDirectory: ({ actor, body }) => directories.create(actor, body),
    listDirectories: async ({ query }) => toList(await directories.list(toPageRequest(query))),
    getDirectory: ({ params }) => directories.get(params.name),
    updateDirectory: ({ actor, params, body }) => directories.update(actor, params.name, body),
    async removeDirectory({ actor, params }) {
      await directories.remove(actor, params.name);
      return { name: params.name, deleted: true };
    },
  };
}
