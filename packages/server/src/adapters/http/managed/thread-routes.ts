import { sessionStatuses } from "@gantry/contracts/sessions";
import { z } from "zod";
import { refuseState } from "../../../core/control/refusals.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { eventPageFields, toEventPageRequest } from "./event-routes.ts";
import { findThread, isOfThread, listThreads } from "./find-thread.ts";
import { listField, pageFields } from "./managed-query-fields.ts";
import { managedList } from "./managed-list.ts";
import { bidirectionalList, eventAnswer, threadAnswer, toBidirectionalList } from "./session-answers.ts";

export const threadOperations = {
  listThreads: {
    method: "GET",
    path: "/v1/sessions/:id/threads",
    summary:
      "List the threads of a session: the primary one, in which the session itself works, and one of each call of a subagent.",
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
    summary: "Refused: a thread is there as long as its session is.",
    access: "sessions",
    answer: threadAnswer,
  },
  listThreadEvents: {
    method: "GET",
    path: "/v1/sessions/:id/threads/:thread/events",
    summary: "List the events of a thread, oldest first. A page may hold fewer than there is room for.",
    access: "sessions",
    query: z.strictObject(eventPageFields),
    answer: bidirectionalList(eventAnswer),
  },
} as const satisfies Record<string, Operation>;

export function createThreadHandlers(sessions: SessionService): Handlers<typeof threadOperations> {
  return {
    async listThreads({ principal, params, query: { statuses, limit, page } }) {
      const threads = await listThreads(sessions, principal, params.id);
      const asked = threads.filter(({ status }) => statuses?.includes(status) ?? true);
      const from = page === undefined ? 0 : asked.findIndex(({ id }) => id === page) + 1;
      const shown = asked.slice(from, from + limit);
      return { data: shown, next_page: from + limit < asked.length ? (shown.at(-1)?.id ?? null) : null };
    },
    getThread: ({ principal, params }) => findThread(sessions, principal, params),
    async archiveThread({ principal, params }) {
      await findThread(sessions, principal, params);
      throw refuseState("A thread is there as long as its session: archive the session.");
    },
    async listThreadEvents({ principal, params, query }) {
      const thread = await findThread(sessions, principal, params);
      const page = await sessions.listEvents(principal, params.id, toEventPageRequest(query));
      return toBidirectionalList({ ...page, items: page.items.filter((event) => isOfThread(thread, event)) });
    },
  };
}
