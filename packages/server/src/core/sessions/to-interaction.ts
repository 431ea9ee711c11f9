import type { Interaction } from "@gantry/contracts/interactions";
import type { InteractionRecord } from "../ports/session-store.ts";
import { toTimestamp } from "./to-session-event.ts";

export function toInteraction({
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
