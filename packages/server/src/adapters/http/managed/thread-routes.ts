import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Session } from "@gantry/contracts/sessions";
import { sessionStatuses } from "@gantry/contracts/sessions";
import { z } from "zod";
import type { Principal } from "../../../core/access/principal.ts";
import { refuseState } from "../../../core/control/refusals.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { eventPageFields, toEventPageRequest } from "./event-routes.ts";
import { listField, pageFields } from "./managed-query-fields.ts";
import { managedList } from "./managed-list.ts";
import { bidirectionalList, eventAnswer, threadAnswer, toBidirectionalList } from "./session-answers.ts";
import { toSessionThread, toThreadId } from "./to-session-thread.ts";

export const threadOperations = {
  listThreads: {
    method: "GET",
    path: "/v1/sessions/:id/threads",
    summary: "List the threads of a session: the primary one, in which the session itself works.",
    access: "sessions",
    query: z.strictObject({ ...pageFields, statuses: listField(z.enum(sessionStatuses), sessionStatuses.length) }),
    answer: managedList(threadAnswer),
  },
  getThread: {
    method: "GET",
    path: "/v1/sessions/:id/threads/:thread",
    summary: "Show a thread.",
    access: "sessions",
    answer: threadAnswer,
  },
  archiveThread: {
    method: "POST",
    path: "/v1/sessions/:id/threads/:thread/archive",
    summary: "Refused for the primary thread, which is there as long as its session is.",
    access: "sessions",
    answer: threadAnswer,
  },
  listThreadEvents: {
    method: "GET",
    path: "/v1/sessions/:id/threads/:thread/events",
    summary: "List the events of a thread, oldest first.",
    access: "sessions",
    query: z.strictObject(eventPageFields),
    answer: bidirectionalList(eventAnswer),
  },
} as const satisfies Record<string, Operation>;

export function createThreadHandlers(sessions: SessionService): Handlers<typeof threadOperations> {
  return {
    async listThreads({ principal, params, query }) {
      const thread = toSessionThread(await sessions.get(principal, params.id));
      const isAsked = query.statuses?.includes(thread.status) ?? true;
      return { data: isAsked ? [thread] : [], next_page: null };
    },
    getThread: async ({ principal, params }) => toSessionThread(await findThread(sessions, principal, params)),
    async archiveThread({ principal, params }) {
      await findThread(sessions, principal, params);
      throw refuseState("The primary thread is there as long as its session: archive the session.");
    },
    async listThreadEvents({ principal, params, query }) {
      await findThread(sessions, principal, params);
      return toBidirectionalList(await sessions.listEvents(principal, params.id, toEventPageRequest(query)));
    },
  };
}

/** The session of a thread. Rejects with a `FailureError` where the session has no such thread. */
export async function findThread(
  sessions: Pick<SessionService, "get">,
  principal: Principal,
  { id, thread }: { readonly id: string; readonly thread: string },
): Promise<Session> {
  const session = await sessions.get(principal, id);
  if (toThreadId(session.id) === thread) return session;
  throw new FailureError(toFailure("not_found", "There is no such thread."));
}
