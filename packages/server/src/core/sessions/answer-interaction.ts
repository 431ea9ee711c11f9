import type { Interaction, InteractionAnswer } from "@gantry/contracts/interactions";
import type { Actor } from "../control/actor.ts";
import type { AuditRecorder } from "../control/audit-recorder.ts";
import { refuseState, requireFound } from "../control/refusals.ts";
import type { InteractionRecord } from "../ports/session-store.ts";
import { requireDone, sameEyes } from "./session-refusals.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import { toInteraction } from "./to-interaction.ts";

/** Who answers: a key, or the webhook whose link was followed. */
export interface Answerer {
  readonly by: string;
  readonly actor: Actor;
  /** How, where it was not by a key. */
  readonly way?: string;
}

/** The first answer wins. Rejects with `forbidden` where four eyes are asked for and these are the same, with `conflict` where it is late. */
export async function answerInteraction(
  { store, writer }: Pick<SessionServiceParts, "store" | "writer">,
  audit: AuditRecorder,
  { by, actor, way }: Answerer,
  found: InteractionRecord,
  answer: InteractionAnswer,
): Promise<Interaction> {
  if (found.body.four_eyes && found.body.requested_by === by) throw sameEyes();
  if (found.state !== "open") return requireSameAnswer(found, answer);
  const { id, projectId } = found;
  const change = {
    action: "interaction.answered",
    target: `interaction:${id}`,
    projectId,
    payload: answer,
    detail: way === undefined ? answer.decision : `${answer.decision} ${way}`,
  };
  return await audit.record(actor, change, async () => {
    const outcome = await writer.take(found.sessionId, () => ({
      command: { type: "send", inputs: [toConfirmation(found, answer)], by },
    }));
    const now = requireFound(await store.findInteraction(id), "interaction");
    // Somebody else was quicker.
    if (outcome.kind === "refused" && now.state !== "open") return requireSameAnswer(now, answer);
    requireDone(outcome);
    return toInteraction(now);
  });
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
