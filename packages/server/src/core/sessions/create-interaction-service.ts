import { FailureError } from "@gantry/contracts/errors";
import type { Interaction, InteractionAnswer } from "@gantry/contracts/interactions";
import { requireScope, type Principal } from "../access/principal.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { refuseState, requireFound } from "../control/refusals.ts";
import type { InteractionRecord } from "../ports/session-store.ts";
import { mayReach, requireDone, sameEyes } from "./session-refusals.ts";
import type { InteractionService } from "./interaction-service.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import { toTimestamp } from "./to-session-event.ts";

export function createInteractionService(parts: SessionServiceParts): InteractionService {
  const { store, writer } = parts;
  const audit = createAuditRecorder(parts.audit);
  const find = async (principal: Principal, id: string): Promise<InteractionRecord> => {
    const found = requireFound(await store.findInteraction(id), "interaction");
    requireFound(mayReach(principal, found) || undefined, "interaction");
    return found;
  };

  return {
    async list(principal, { states = ["open"], ...query }) {
      const page = await store.listInteractions({
        ...query,
        states,
        ...(!principal.scopes.includes("admin") && { projectId: principal.projectId }),
      });
      return { items: page.items.map(toInteraction), nextCursor: page.nextCursor };
    },
    get: async (principal, id) => toInteraction(await find(principal, id)),
    async answer({ principal, actor }, id, answer) {
      const missing = requireScope(principal, "approve");
      if (missing !== undefined) throw new FailureError(missing);
      const found = await find(principal, id);
      if (found.body.four_eyes && found.body.requested_by === principal.keyId) throw sameEyes();
      if (found.state !== "open") return requireSameAnswer(found, answer);
      const change = {
        action: "interaction.answered",
        target: `interaction:${id}`,
        projectId: found.projectId,
        payload: answer,
        detail: answer.decision,
      };
      return await audit.record(actor, change, async () => {
        const outcome = await writer.take(found.sessionId, () => ({
          command: { type: "send", inputs: [toConfirmation(found, answer)], by: principal.keyId },
        }));
        const now = await find(principal, id);
        // Somebody else was quicker.
        if (outcome.kind === "refused" && now.state !== "open") return requireSameAnswer(now, answer);
        requireDone(outcome);
        return toInteraction(now);
      });
    },
  };
}

function toConfirmation({ body }: InteractionRecord, { decision, message, ...gantry }: InteractionAnswer) {
  return {
    type: "user.tool_confirmation",
    tool_use_id: body.event_id,
    result: decision,
    ...(message !== undefined && decision === "deny" && { deny_message: message }),
    gantry,
  } as const;
}

/** The same answer again is the same answer; another one is told who decided. */
function requireSameAnswer(found: InteractionRecord, answer: InteractionAnswer): Interaction {
  const { state, outcome } = found;
  const same =
    outcome?.decision?.decision === answer.decision &&
    (answer.answers === undefined || JSON.stringify(outcome.decision.answers) === JSON.stringify(answer.answers));
  if (state === "answered" && same) return toInteraction(found);
  const how = state === "answered" ? `answered with ${outcome?.decision?.decision ?? "nothing"}` : state;
  throw refuseState(`The interaction was ${how} by ${outcome?.decidedBy ?? "somebody"} before.`);
}

function toInteraction({
  id,
  sessionId,
  projectId,
  kind,
  state,
  deadline,
  createdAt,
  body,
  outcome,
}: InteractionRecord): Interaction {
  return {
    id,
    type: "interaction",
    kind,
    session_id: sessionId,
    project_id: projectId,
    ...body,
    created_at: toTimestamp(createdAt),
    deadline: toTimestamp(deadline),
    state,
    decision: outcome?.decision ?? null,
    decided_by: outcome?.decidedBy ?? null,
    decided_at: outcome === null ? null : toTimestamp(outcome.decidedAt),
  };
}

/** Gives what is due its default: nothing waits for ever. */
export async function expireInteractions(
  parts: Pick<SessionServiceParts, "store" | "writer" | "clock">,
): Promise<void> {
  const due = await parts.store.listDueInteractions(parts.clock.epoch(), 100);
  for (const { sessionId, body } of due) {
    const { event_id: eventId, default: permission } = body;
    // Somebody may have answered meanwhile: then there is nothing to do.
    await parts.writer.take(sessionId, () => ({ command: { type: "expire", eventId, permission } }));
  }
}
