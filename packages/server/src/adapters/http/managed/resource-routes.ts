import { sessionResource, sessionResourceInput } from "@gantry/contracts/session-resources";
import { z } from "zod";
import { refuseField, refuseState } from "../../../core/control/refusals.ts";
import type { ResourceService } from "../../../core/resources/resource-service.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import { checkInput } from "../admin/check-input.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { pageFields } from "./managed-query-fields.ts";
import { managedList } from "./managed-list.ts";

export const resourceOperations = {
  addResource: {
    method: "POST",
    path: "/v1/sessions/:id/resources",
    summary: "Add a file to a session's workspace.",
    access: "sessions",
    body: z.strictObject({
      type: z.string(),
      file_id: z.unknown().optional(),
      mount_path: z.unknown().optional(),
    }),
    answer: sessionResource,
  },
  listResources: {
    method: "GET",
    path: "/v1/sessions/:id/resources",
    summary: "List what a session was given, in the order in which it was added.",
    access: "sessions",
    query: z.strictObject(pageFields),
    answer: managedList(sessionResource),
  },
  getResource: {
    method: "GET",
    path: "/v1/sessions/:id/resources/:resource",
    summary: "Show a resource of a session.",
    access: "sessions",
    answer: sessionResource,
  },
  updateResource: {
    method: "POST",
    path: "/v1/sessions/:id/resources/:resource",
    summary: "Refused: no resource here has a token that could be changed.",
    access: "sessions",
    body: z.strictObject({ authorization_token: z.string().max(4096).optional() }),
    answer: sessionResource,
  },
  deleteResource: {
    method: "DELETE",
    path: "/v1/sessions/:id/resources/:resource",
    summary: "Take a resource from a session. What its workspace has of it stays there.",
    access: "sessions",
    answer: z.strictObject({ id: z.string(), type: z.literal("session_resource_deleted") }),
  },
} as const satisfies Record<string, Operation>;

export function createResourceHandlers(
  sessions: Pick<SessionService, "get">,
  resources: ResourceService,
): Handlers<typeof resourceOperations> {
  return {
    async addResource({ principal, params, body }) {
      const session = await sessions.get(principal, params.id);
      if (session.archived_at !== null) throw refuseState("The session is archived: it can be read, and no more.");
      if (body.type !== "file")
        throw refuseField("type", 'expected "file": a session has its repository from its start');
      const input = checkInput(sessionResourceInput, body, "body");
      const [added] = await resources.add(principal, session.id, [input]);
      if (added === undefined) throw new Error("one resource was added and none came back");
      return added;
    },
    async listResources({ principal, params, query }) {
      const { id } = await sessions.get(principal, params.id);
      const all = await resources.list(id);
      const start = query.page === undefined ? 0 : all.findIndex((resource) => resource.id === query.page) + 1;
      if (query.page !== undefined && start === 0) throw refuseField("page", "expected `next_page` of the page before");
      const data = all.slice(start, start + query.limit);
      return { data, next_page: start + query.limit < all.length ? (data.at(-1)?.id ?? null) : null };
    },
    async getResource({ principal, params }) {
      const { id } = await sessions.get(principal, params.id);
      return await resources.get(id, params.resource);
    },
    async updateResource({ principal, params }) {
      const { id } = await sessions.get(principal, params.id);
      await resources.get(id, params.resource);
      throw refuseState("No resource here has a token: files and directories of this server need none.");
    },
    async deleteResource({ principal, params }) {
      const { id } = await sessions.get(principal, params.id);
      await resources.delete(id, params.resource);
      return { id: params.resource, type: "session_resource_deleted" as const };
    },
  };
}
