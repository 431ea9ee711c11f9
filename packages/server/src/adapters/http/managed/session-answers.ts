import type { Interaction } from "@gantry/contracts/interactions";
import { interactionAnswer, interactionKinds, interactionStates } from "@gantry/contracts/interactions";
import type { SessionEvent, UserEvent } from "@gantry/contracts/session-events";
import { sessionEventTypes } from "@gantry/contracts/session-events";
import { type DeletedSession, type Session, sessionStatuses } from "@gantry/contracts/sessions";
import { sessionAgent } from "@gantry/contracts/agents";
import { metadata, timestamp } from "@gantry/contracts/managed-fields";
import { sessionResource } from "@gantry/contracts/session-resources";
import { z } from "zod";
import type { SessionThread } from "./to-session-thread.ts";

/** What the routes of sessions answer, for the OpenAPI document. Events of all types are told as one, by their main fields. */

/** The contract says what it is; the schema describes it. */
function describedAs<Answer>(schema: z.ZodType): z.ZodType<Answer> {
  return schema as z.ZodType<Answer>;
}

const count = z.int();
const amount = z.object({ amount: z.string().meta({ description: "Whole cents." }), currency: z.literal("USD") });
const budget = z.object({ type: z.literal("limit"), max_list_cost: amount });
const stopReason = z.object({
  type: z.enum(["end_turn", "requires_action", "retries_exhausted", "budget_reached", "refusal"]),
  event_ids: z.array(z.string()).optional(),
});

export const sessionAnswer = describedAs<Session>(
  z.looseObject({
    id: z.string(),
    type: z.literal("session"),
    status: z.enum(sessionStatuses),
    title: z.string().nullable(),
    agent: sessionAgent,
    environment_id: z.string(),
    metadata,
    resources: z.array(sessionResource),
    vault_ids: z.array(z.string()),
    budget: budget.nullable(),
    stats: z.object({ active_seconds: z.number(), duration_seconds: z.number() }),
    usage: z.looseObject({
      input_tokens: count,
      output_tokens: count,
      cache_read_input_tokens: count,
      cache_creation: z.object({ ephemeral_5m_input_tokens: count, ephemeral_1h_input_tokens: count }),
      list_cost: amount.optional(),
    }),
    created_at: timestamp,
    updated_at: timestamp,
    archived_at: timestamp.nullable(),
    gantry: z.looseObject({
      project_id: z.string(),
      created_by: z.string().meta({ description: "Id of the key that made it." }),
      driver: z.string(),
      stop_reason: stopReason.nullable(),
      last_sequence: count,
      queued: count,
      open_interactions: count,
      workspace_id: z.string().optional(),
    }),
  }),
);

export const deletedSessionAnswer = describedAs<DeletedSession>(
  z.strictObject({ id: z.string(), type: z.literal("session_deleted") }),
);

const event = z.looseObject({
  id: z.string(),
  type: z.enum(sessionEventTypes),
  processed_at: timestamp.nullable().meta({ description: "Null while an input waits for its turn." }),
  content: z.array(z.looseObject({ type: z.string(), text: z.string().optional() })).optional(),
  name: z.string().optional().meta({ description: "Of a tool." }),
  input: z.record(z.string(), z.unknown()).optional(),
  tool_use_id: z.string().optional(),
  evaluated_permission: z.enum(["allow", "ask", "deny"]).optional(),
  is_error: z.boolean().nullish(),
  stop_reason: stopReason.optional(),
  gantry: z.looseObject({ sequence: count.optional(), interaction_id: z.string().optional() }).optional(),
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
    project_id: z.string(),
    event_id: z.string(),
    tool: z.string(),
    input: z.record(z.string(), z.unknown()),
    digest: z.string().meta({ description: "SHA-256 of the tool with its input: what is shown is what is run." }),
    questions: z
      .array(
        z.object({
          question: z.string(),
          header: z.string().optional(),
          options: z.array(z.object({ label: z.string(), description: z.string().optional() })),
          multi_select: z.boolean(),
        }),
      )
      .optional(),
    risks: z.array(z.string()).meta({ description: "What to look at before saying yes." }),
    rule: z.string(),
    reason: z.string(),
    four_eyes: z.boolean(),
    requested_by: z.string(),
    created_at: timestamp,
    deadline: timestamp,
    default: z.enum(["allow", "deny"]),
    decision: interactionAnswer.nullable(),
    decided_by: z.string().nullable(),
    decided_at: timestamp.nullable(),
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
