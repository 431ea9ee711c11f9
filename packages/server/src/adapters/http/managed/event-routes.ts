import { sessionEventTypes } from "@gantry/contracts/session-events";
import { sessionInputs } from "@gantry/contracts/session-inputs";
import { z } from "zod";
import type { EventQuery, SessionService } from "../../../core/sessions/session-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { idField } from "../admin/query-fields.ts";
import { createdAtFields, limitField, listField, orderField, sequenceField, toBounds } from "./managed-query-fields.ts";
import { bidirectionalList, eventAnswer, toBidirectionalList, userEventAnswer } from "./session-answers.ts";

export const eventPageFields = {
  limit: limitField(1000, 1000),
  page: idField.optional().meta({ description: "`next_page` or `prev_page` of a page before." }),
};

export const eventOperations = {
  sendEvents: {
    method: "POST",
    path: "/v1/sessions/:id/events",
    summary: "Send events into a session, all or none: messages, interrupts, confirmations, results of custom tools.",
    access: "sessions",
    body: sessionInputs,
    commitsClaim: true,
    answer: z.strictObject({ data: z.array(eventAnswer).readonly() }),
  },
  listEvents: {
    method: "GET",
    path: "/v1/sessions/:id/events",
    summary: "List the events of a session, oldest first where no `order` is named; pages lead both ways.",
    access: "sessions",
    query: z.strictObject({
      ...eventPageFields,
      ...createdAtFields,
      order: orderField,
      types: listField(z.enum(sessionEventTypes), sessionEventTypes.length),
      after: sequenceField.optional().meta({ description: "Only events after this sequence." }),
    }),
    answer: bidirectionalList(eventAnswer),
  },
  listQueue: {
    method: "GET",
    path: "/v1/sessions/:id/queue",
    summary: "List the inputs that wait for their turn, in order.",
    access: "sessions",
    answer: z.strictObject({ data: z.array(userEventAnswer).readonly(), next_page: z.null() }),
  },
  withdrawInput: {
    method: "DELETE",
    path: "/v1/sessions/:id/queue/:event",
    summary: "Take a waiting input back: it is never read.",
    access: "sessions",
    answer: userEventAnswer,
  },
  steerWithInput: {
    method: "POST",
    path: "/v1/sessions/:id/queue/:event/steer",
    summary: "Give a waiting message to the turn that is running, to be read at the model's next call.",
    access: "sessions",
    answer: userEventAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createEventHandlers(sessions: SessionService): Handlers<typeof eventOperations> {
  return {
    sendEvents: async (call) => ({ data: await sessions.send(call, call.params.id, call.body.events, call.claim) }),
    async listEvents({ principal, params, query }) {
      const { order, types, after } = query;
      const page = await sessions.listEvents(principal, params.id, {
        ...toEventPageRequest(query),
        processedAt: toBounds(query),
        ...(order !== undefined && { order }),
        ...(types !== undefined && { types }),
        ...(after !== undefined && { after }),
      });
      return toBidirectionalList(page);
    },
    listQueue: async ({ principal, params }) => ({
      data: await sessions.listQueue(principal, params.id),
      next_page: null,
    }),
    withdrawInput: (call) => sessions.withdraw(call, call.params.id, call.params.event),
    steerWithInput: (call) => sessions.steer(call, call.params.id, call.params.event),
  };
}

export function toEventPageRequest({ limit, page }: { limit: number; page?: string | undefined }): EventQuery {
  return { limit, ...(page !== undefined && { cursor: page }) };
}
