import { interactionAnswer, interactionKinds, interactionStates } from "@gantry/contracts/interactions";
import { z } from "zod";
import type { InteractionService } from "../../../core/sessions/interaction-service.ts";
import type { Handlers, Operation } from "../admin/operation.ts";
import { idField } from "../admin/query-fields.ts";
import { listField, pageFields } from "./managed-query-fields.ts";
import { managedList, toManagedList, toManagedPageRequest } from "./managed-list.ts";
import { interactionAnswered } from "./session-answers.ts";

export const interactionOperations = {
  listInteractions: {
    method: "GET",
    path: "/v1/interactions",
    summary: "List what agents wait for over all sessions, newest first: open ones, or those of the `states` named.",
    access: "approve",
    query: z.strictObject({
      ...pageFields,
      session_id: idField.optional(),
      states: listField(z.enum(interactionStates), interactionStates.length),
      kind: z.enum(interactionKinds).optional(),
    }),
    answer: managedList(interactionAnswered),
  },
  getInteraction: {
    method: "GET",
    path: "/v1/interactions/:id",
    summary: "Show what an agent waits for.",
    access: "approve",
    answer: interactionAnswered,
  },
  answerInteraction: {
    method: "POST",
    path: "/v1/interactions/:id",
    summary: "Answer an agent: allow or deny its call, or answer its question. The first answer counts.",
    access: "approve",
    body: interactionAnswer,
    answer: interactionAnswered,
  },
} as const satisfies Record<string, Operation>;

export function createInteractionHandlers(interactions: InteractionService): Handlers<typeof interactionOperations> {
  return {
    async listInteractions({ principal, query }) {
      const { session_id: sessionId, states, kind } = query;
      const page = await interactions.list(principal, {
        ...toManagedPageRequest(query),
        ...(sessionId !== undefined && { sessionId }),
        ...(states !== undefined && { states }),
        ...(kind !== undefined && { kind }),
      });
      return toManagedList(page);
    },
    getInteraction: ({ principal, params }) => interactions.get(principal, params.id),
    answerInteraction: (call) => interactions.answer(call, call.params.id, call.body),
  };
}
