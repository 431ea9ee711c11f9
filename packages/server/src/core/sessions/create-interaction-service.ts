import { FailureError, toFailure } from "@gantry/contracts/errors";
import { requireScope, type Principal } from "../access/principal.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { requireFound } from "../control/refusals.ts";
import type { InteractionRecord } from "../ports/session-store.ts";
import { answerInteraction } from "./answer-interaction.ts";
import { mayReach } from "./session-refusals.ts";
import type { InteractionService } from "./interaction-service.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import { toInteraction } from "./to-interaction.ts";

export function createInteractionService(parts: SessionServiceParts): InteractionService {
  const { store } = parts;
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
      return await answerInteraction(parts, audit, { by: principal.keyId, actor }, found, answer);
    },
    async showByLink(token) {
      const { interaction } = await parts.answerLinks.read(token);
      return toInteraction(interaction);
    },
    async answerByLink(token, answer, address) {
      const { interaction, webhookId } = await parts.answerLinks.read(token);
      if (interaction.kind === "question" && answer.decision === "allow") {
        const message = "A question is answered with its texts, and with a key; by a link it can be denied.";
        throw new FailureError(toFailure("invalid_request", message, { param: "decision" }));
      }
      const by = `webhook:${webhookId}`;
      const answerer = { by, actor: { id: by, address, policy: null }, way: `by a link of ${by}` };
      return await answerInteraction(parts, audit, answerer, interaction, answer);
    },
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
