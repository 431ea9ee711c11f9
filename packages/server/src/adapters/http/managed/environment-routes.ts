import { environment, environmentInput, environmentUpdate } from "@gantry/contracts/environments";
import { z } from "zod";
import type { EnvironmentService } from "../../../core/environments/environment-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { flagField, pageFields } from "./managed-query-fields.ts";
import { managedList, toManagedList, toManagedPageRequest } from "./managed-list.ts";

export const environmentOperations = {
  createEnvironment: {
    method: "POST",
    path: "/v1/environments",
    summary: "Create an environment: where sessions work, and which hosts they may reach.",
    access: "sessions",
    body: environmentInput,
    answer: environment,
  },
  listEnvironments: {
    method: "GET",
    path: "/v1/environments",
    summary: "List environments, newest first.",
    access: "sessions",
    query: z.strictObject({ ...pageFields, include_archived: flagField }),
    answer: managedList(environment),
  },
  getEnvironment: {
    method: "GET",
    path: "/v1/environments/:id",
    summary: "Show an environment.",
    access: "sessions",
    answer: environment,
  },
  updateEnvironment: {
    method: "POST",
    path: "/v1/environments/:id",
    summary: "Change an environment for the sessions to come; what is not named stays.",
    access: "sessions",
    body: environmentUpdate,
    answer: environment,
  },
  archiveEnvironment: {
    method: "POST",
    path: "/v1/environments/:id/archive",
    summary: "Archive an environment for good: it can be read, and no session can be made in it.",
    access: "sessions",
    answer: environment,
  },
  deleteEnvironment: {
    method: "DELETE",
    path: "/v1/environments/:id",
    summary: "Delete an environment. Sessions that were made in it go on.",
    access: "sessions",
    answer: z.strictObject({ id: z.string(), type: z.literal("environment_deleted") }),
  },
} as const satisfies Record<string, Operation>;

export function createEnvironmentHandlers(environments: EnvironmentService): Handlers<typeof environmentOperations> {
  return {
    createEnvironment: (call) => environments.create(call, call.body),
    async listEnvironments({ principal, query }) {
      const { include_archived: includeArchived = false } = query;
      return toManagedList(await environments.list(principal, { ...toManagedPageRequest(query), includeArchived }));
    },
    getEnvironment: ({ principal, params }) => environments.get(principal, params.id),
    updateEnvironment: (call) => environments.update(call, call.params.id, call.body),
    archiveEnvironment: (call) => environments.archive(call, call.params.id),
    async deleteEnvironment(call) {
      const { id } = call.params;
      await environments.delete(call, id);
      return { id, type: "environment_deleted" as const };
    },
  };
}
