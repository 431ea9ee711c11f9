import { sessionCreate, sessionFork, sessionStatuses, sessionUpdate } from "@gantry/contracts/sessions";
import { z } from "zod";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { idField } from "../admin/query-fields.ts";
import {
  createdAtFields,
  flagField,
  listField,
  orderField,
  pageFields,
  toBounds,
  versionField,
} from "./managed-query-fields.ts";
import { toManagedPageRequest } from "./managed-list.ts";
import { bidirectionalList, deletedSessionAnswer, sessionAnswer, toBidirectionalList } from "./session-answers.ts";

export const sessionOperations = {
  createSession: {
    method: "POST",
    path: "/v1/sessions",
    summary: "Create a session: a conversation with an agent that works. With `initial_events` it begins at once.",
    access: "sessions",
    body: sessionCreate,
    commitsClaim: true,
    answer: sessionAnswer,
  },
  listSessions: {
    method: "GET",
    path: "/v1/sessions",
    summary: "List sessions, newest first where no `order` is named.",
    access: "sessions",
    query: z.strictObject({
      ...pageFields,
      ...createdAtFields,
      agent_id: idField.optional(),
      agent_version: versionField,
      statuses: listField(z.enum(sessionStatuses), sessionStatuses.length),
      include_archived: flagField,
      order: orderField,
      deployment_id: idField.optional().meta({ description: "No session has one: with it, the list is empty." }),
      memory_store_id: idField.optional().meta({ description: "No session has one: with it, the list is empty." }),
    }),
    answer: bidirectionalList(sessionAnswer),
  },
  getSession: {
    method: "GET",
    path: "/v1/sessions/:id",
    summary: "Show a session.",
    access: "sessions",
    answer: sessionAnswer,
  },
  updateSession: {
    method: "POST",
    path: "/v1/sessions/:id",
    summary: "Change a session's title, metadata, budget, tools or approvals; what is not named stays.",
    access: "sessions",
    body: sessionUpdate,
    answer: sessionAnswer,
  },
  archiveSession: {
    method: "POST",
    path: "/v1/sessions/:id/archive",
    summary: "Archive a session for good: it can be read, and no more.",
    access: "sessions",
    answer: sessionAnswer,
  },
  deleteSession: {
    method: "DELETE",
    path: "/v1/sessions/:id",
    summary: "Delete a session with its log.",
    access: "sessions",
    answer: deletedSessionAnswer,
  },
  forkSession: {
    method: "POST",
    path: "/v1/sessions/:id/fork",
    summary: "Make a session of its own that begins with this one's log, up to an event or all of it.",
    access: "sessions",
    body: sessionFork,
    commitsClaim: true,
    answer: sessionAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createSessionHandlers(sessions: SessionService): Handlers<typeof sessionOperations> {
  return {
    createSession: (call) => sessions.create(call, call.body, call.claim),
    async listSessions({ principal, query }) {
      if (query.deployment_id !== undefined || query.memory_store_id !== undefined) {
        return { data: [], next_page: null, prev_page: null };
      }
      const page = await sessions.list(principal, {
        ...toManagedPageRequest(query),
        createdAt: toBounds(query),
        includeArchived: query.include_archived ?? false,
        ...(query.agent_id !== undefined && { agentId: query.agent_id }),
        ...(query.agent_version !== undefined && { agentVersion: query.agent_version }),
        ...(query.statuses !== undefined && { statuses: query.statuses }),
        ...(query.order !== undefined && { order: query.order }),
      });
      return toBidirectionalList(page);
    },
    getSession: ({ principal, params }) => sessions.get(principal, params.id),
    updateSession: (call) => sessions.update(call, call.params.id, call.body),
    archiveSession: (call) => sessions.archive(call, call.params.id),
    deleteSession: (call) => sessions.delete(call, call.params.id),
    forkSession: (call) => sessions.fork(call, call.params.id, call.body, call.claim),
  };
}
