import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { DeletedSession, SessionUpdate } from "@gantry/contracts/sessions";
import type { AuditRecorder } from "../control/audit-recorder.ts";
import { refuseField } from "../control/refusals.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import { requireDone } from "./session-refusals.ts";
import { toMicros } from "./create-session-budget.ts";
import { toLifeNews } from "./session-news.ts";
import type { SessionCaller } from "./session-service.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import type { SessionBody } from "./session-state.ts";

const mostMetadata = 16;

export async function updateSession(
  parts: SessionServiceParts,
  audit: AuditRecorder,
  { principal, actor }: SessionCaller,
  record: SessionRecord,
  update: SessionUpdate,
): Promise<SessionRecord> {
  const { id, projectId } = record;
  const change = { action: "session.updated", target: `session:${id}`, projectId, payload: update };
  return await audit.record(actor, change, async () => {
    const agent = update.agent && (await parts.sources.changeAgent(principal, record.body.agent, update.agent));
    await changeBudget(parts, record, update);
    const outcome = await parts.writer.take(id, ({ body, state }) => {
      if (agent !== undefined && (state.status !== "idle" || state.turn !== null)) throw whileRunning();
      const next = toNextBody(body, update, agent);
      const changes = {
        ...(update.title !== undefined && { title: next.title }),
        ...(update.metadata !== undefined && update.metadata !== null && { metadata: next.metadata }),
        ...(update.budget !== undefined && { budget: next.budget }),
        ...(agent !== undefined && { agent }),
      };
      return { command: { type: "update", changes, raised: update.budget !== undefined }, body: next };
    });
    return requireDone(outcome).record;
  });
}

function whileRunning(): FailureError {
  return new FailureError(
    toFailure("invalid_request", "agent: the session has a turn open; interrupt it first.", { param: "agent" }),
  );
}

function toNextBody(body: SessionBody, update: SessionUpdate, agent: SessionBody["agent"] | undefined): SessionBody {
  const metadata: Record<string, string> = { ...body.metadata };
  for (const [name, value] of Object.entries(update.metadata ?? {})) {
    if (value === null) delete metadata[name];
    else metadata[name] = value;
  }
  if (Object.keys(metadata).length > mostMetadata)
    throw refuseField("metadata", `expected at most ${mostMetadata} pairs`);
  const approvals = { ...body.approvals };
  const wanted = update.gantry?.approvals ?? {};
  return {
    ...body,
    title: update.title === undefined ? body.title : update.title,
    metadata,
    budget: update.budget === undefined ? body.budget : update.budget,
    agent: agent ?? body.agent,
    approvals: {
      deadline_seconds: wanted.deadline_seconds ?? approvals.deadline_seconds,
      default: wanted.default ?? approvals.default,
      hold_seconds: wanted.hold_seconds ?? approvals.hold_seconds,
      four_eyes: wanted.four_eyes ?? approvals.four_eyes,
    },
  };
}

/** A budget comes with the session: afterwards it is raised or taken away. */
async function changeBudget(
  parts: SessionServiceParts,
  { body, state }: SessionRecord,
  { budget }: SessionUpdate,
): Promise<void> {
  if (budget === undefined) return;
  if (body.budgetId === null || body.budget === null) {
    if (budget === null) return;
    throw refuseField("budget", "a budget is given when the session is made, and not later (budget_create_only)");
  }
  if (budget === null) return void (await parts.control.deleteBudget(body.budgetId));
  const limit = toMicros(budget);
  if (limit <= state.usage.costMicros) {
    throw refuseField("budget", "expected more than what is spent already (budget_not_raised)");
  }
  await parts.control.updateBudget(body.budgetId, { limit });
}

export async function archiveSession(
  parts: SessionServiceParts,
  audit: AuditRecorder,
  { actor }: SessionCaller,
  record: SessionRecord,
): Promise<SessionRecord> {
  if (record.state.archived) return record;
  const { id, projectId } = record;
  return await audit.record(actor, { action: "session.archived", target: `session:${id}`, projectId }, async () => {
    const archivedAt = parts.clock.epoch();
    const outcome = await parts.writer.take(id, ({ state }) =>
      state.archived ? undefined : { command: { type: "archive" }, archivedAt },
    );
    if (outcome.kind === "none") return outcome.record;
    const done = requireDone(outcome).record;
    await parts.dropWorkspace(id);
    return done;
  });
}

export async function deleteSession(
  parts: SessionServiceParts,
  audit: AuditRecorder,
  { actor }: SessionCaller,
  record: SessionRecord,
): Promise<DeletedSession> {
  const { id, projectId } = record;
  return await audit.record(actor, { action: "session.deleted", target: `session:${id}`, projectId }, async () => {
    if (record.status === "running" || record.status === "rescheduling") {
      throw new FailureError(toFailure("invalid_request", "The session is running: interrupt it first."));
    }
    await parts.store.remove(id, [toLifeNews(record, "deleted", parts.clock.epoch())]);
    parts.wakeWebhooks();
    parts.runner.drop(id);
    parts.hub.end(id, "deleted");
    if (record.body.budgetId !== null) await parts.control.deleteBudget(record.body.budgetId);
    await parts.sources.dropResources(id);
    await parts.dropWorkspace(id);
    return { id, type: "session_deleted" };
  });
}
