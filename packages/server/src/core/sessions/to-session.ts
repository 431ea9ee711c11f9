import type { SessionResource } from "@gantry/contracts/session-resources";
import type { Session } from "@gantry/contracts/sessions";
import type { SessionRecord } from "../ports/session-store.ts";
import { toTimestamp } from "./to-session-event.ts";

/** A session as everybody is shown it. */
export function toSession(record: SessionRecord, resources: readonly SessionResource[], now: number): Session {
  const { id, body, state, createdAt, updatedAt, archivedAt } = record;
  const { usage, turn } = state;
  const since = turn?.runningSince ?? now;
  const running = Math.max(0, now - since);
  const activeSeconds = (usage.activeMs + running) / 1000;
  const cents = Math.ceil(usage.costMicros / 10_000);
  return {
    id,
    type: "session",
    status: state.status,
    title: body.title,
    agent: body.agent,
    environment_id: body.environmentId,
    deployment_id: null,
    metadata: body.metadata,
    resources,
    vault_ids: body.vaultIds,
    budget: body.budget,
    outcome_evaluations: [],
    stats: {
      active_seconds: activeSeconds,
      duration_seconds: Math.max(0, (state.archived ? updatedAt : now) - createdAt) / 1000,
    },
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cache_read_input_tokens: usage.cacheReadTokens,
      cache_creation: { ephemeral_5m_input_tokens: usage.cacheWriteTokens, ephemeral_1h_input_tokens: 0 },
      active_seconds: activeSeconds,
      list_cost: { amount: String(cents), currency: "USD" },
    },
    created_at: toTimestamp(createdAt),
    updated_at: toTimestamp(updatedAt),
    archived_at: archivedAt === null ? null : toTimestamp(archivedAt),
    gantry: {
      ...body.settings,
      approvals: body.approvals,
      driver: body.driver,
      project_id: record.projectId,
      created_by: record.keyId,
      stop_reason: state.stopReason,
      last_sequence: record.lastSequence,
      queued: state.queue.length,
      open_interactions: (turn?.calls ?? []).filter((call) => call.stage === "waiting" && call.kind !== "custom")
        .length,
      ...(body.workspaceId !== undefined && { workspace_id: body.workspaceId }),
      ...(body.forkedFrom !== undefined && { forked_from: body.forkedFrom }),
    },
  };
}
