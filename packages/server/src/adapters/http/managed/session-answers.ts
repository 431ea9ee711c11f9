import type { Interaction } from "@gantry/contracts/interactions";
import { interactionKinds, interactionStates } from "@gantry/contracts/interactions";
import type { SessionEvent, UserEvent } from "@gantry/contracts/session-events";
import { sessionEventTypes } from "@gantry/contracts/session-events";
import { type DeletedSession, type Session, sessionStatuses } from "@gantry/contracts/sessions";
import { timestamp } from "@gantry/contracts/managed-fields";
import { z } from "zod";
import type { SessionThread } from "./to-session-thread.ts";

/** What the routes of sessions answer, for the OpenAPI document. What has a contract of its own is told there by its main fields. */

/** The contract says what it is; the schema describes it. */
function describedAs<Answer>(schema: z.ZodType): z.ZodType<Answer> {
  return schema as z.ZodType<Answer>;
}

export const sessionAnswer = describedAs<Session>(
  z.looseObject({
    id: z.string(),
    type: z.literal("session"),
    status: z.enum(sessionStatuses),
    title: z.string().nullable(),
    environment_id: z.string(),
    created_at: timestamp,
    updated_at: timestamp,
    archived_at: timestamp.nullable(),
    gantry: z.looseObject({ last_sequence: z.int(), queued: z.int(), open_interactions: z.int() }),
  }),
);

export const deletedSessionAnswer = describedAs<DeletedSession>(
  z.strictObject({ id: z.string(), type: z.literal("session_deleted") }),
);

const event = z.looseObject({
  id: z.string(),
  type: z.enum(sessionEventTypes),
  processed_at: timestamp.nullable(),
  gantry: z.looseObject({ sequence: z.int().optional() }).optional(),
});
export const eventAnswer = describedAs<SessionEvent>(event);
export const userEventAnswer = describedAs<UserEvent>(event);

export const threadAnswer = describedAs<SessionThread>(
  z.looseObject({
    id: z.string(),
    type: z.literal("session_thread"),
    session_id: z.string(),
    parent_thread_id: z.string().nullable(),
    status: z.enum(sessionStatuses),
  }),
);

export const interactionAnswered = describedAs<Interaction>(
  z.looseObject({
    id: z.string(),
    type: z.literal("interaction"),
    kind: z.enum(interactionKinds),
    state: z.enum(interactionStates),
    session_id: z.string(),
    event_id: z.string(),
    tool: z.string(),
    deadline: timestamp,
  }),
);

export function bidirectionalList<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    data: z.array(item).readonly(),
    next_page: z.string().nullable(),
    prev_page: z.string().nullable(),
  });
}

export function toBidirectionalList<Item>(page: {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
  readonly previousCursor: string | null;
}) {
  return { data: page.items, next_page: page.nextCursor, prev_page: page.previousCursor };
}
