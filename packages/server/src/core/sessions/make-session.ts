import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { Session, SessionCreate, SessionFork, SessionSettings } from "@gantry/contracts/sessions";
import { decide } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import type { AuditRecorder } from "../control/audit-recorder.ts";
import { refuseField, requireFound } from "../control/refusals.ts";
import type { NewSession, SessionRecord } from "../ports/session-store.ts";
import { createSessionBudget, toMicros } from "./create-session-budget.ts";
import { claimScope, requireSameBody } from "./idempotency.ts";
import { isReady, transition } from "./session-machine.ts";
import { profileEnvironmentId } from "./open-session-network.ts";
import { toLifeNews } from "./session-news.ts";
import type { GivenSession, IdempotencyClaim, SessionCaller } from "./session-service.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import { listRoster } from "./session-roster.ts";
import { newSessionState, type SessionBody } from "./session-state.ts";
import { settleWorkspace, toWish } from "./settle-settings.ts";

type Show = (record: SessionRecord) => Promise<Session>;

export async function createSession(
  parts: SessionServiceParts,
  audit: AuditRecorder,
  { principal, actor }: SessionCaller,
  input: SessionCreate,
  claim: IdempotencyClaim | undefined,
  show: Show,
  given?: GivenSession,
): Promise<Session> {
  const id = given?.id ?? parts.createId("sesn");
  const { projectId } = principal;
  const claimed = claim && { scope: claimScope(principal.keyId, "create session"), ...claim };
  const make = async (): Promise<Session> => {
    const budgetId = input.budget ? parts.createBudgetId() : null;
    const body = await toBody(parts, principal, input, budgetId, given);
    const now = parts.clock.epoch();
    const started = transition(
      newSessionState,
      { type: "send", inputs: input.initial_events ?? [], by: principal.keyId },
      { now, createEventId: () => parts.createId("sevt") },
    );
    if (!started.ok) throw new FailureError(toFailure(started.refusal.code, started.refusal.message));
    const { state, events } = started.step;
    await parts.sources.addResources(principal, id, input.resources ?? []);
    // Before the session: at no time is there one that is not held by its budget.
    if (input.budget && budgetId !== null) {
      await createSessionBudget(parts, id, budgetId, given?.limitMicros ?? toMicros(input.budget), now);
    }
    const session = { id, status: state.status, ready: isReady(state), createdAt: now, body, state, events };
    return await keep(parts, principal, session, claimed, show);
  };
  return await once(parts, claimed, async () => {
    const change = { action: "session.created", target: `session:${id}`, projectId, payload: toPayload(input) };
    return await audit.record(actor, change, make);
  });
}

/** Without the tokens that a resource may come with. */
function toPayload({ resources = [], ...rest }: SessionCreate): object {
  return { ...rest, resources: resources.map(({ type }) => type) };
}

type Claimed = IdempotencyClaim & { readonly scope: string };

async function once(
  parts: SessionServiceParts,
  claim: Claimed | undefined,
  make: () => Promise<Session>,
): Promise<Session> {
  const found = claim && (await parts.store.findClaim(claim.scope, claim.key));
  return claim !== undefined && found !== undefined ? requireSameBody<Session>(claim, found) : await make();
}

type MadeSession = Pick<NewSession, "id" | "status" | "ready" | "createdAt" | "body" | "state" | "events" | "copy">;

async function keep(
  parts: SessionServiceParts,
  { keyId, projectId }: Principal,
  made: MadeSession,
  claim: Claimed | undefined,
  show: Show,
): Promise<Session> {
  const { id: agentId, version: agentVersion } = made.body.agent;
  const session: NewSession = { ...made, projectId, keyId, agentId, agentVersion };
  const shown = await show(toRecord(session));
  const outcome = await parts.store.create({
    ...session,
    ...(claim !== undefined && { claim: { ...claim, answer: shown } }),
    news: [toLifeNews(session, "created", session.createdAt)],
  });
  if (outcome.kind === "repeated") {
    await parts.sources.dropResources(made.id);
    return requireSameBody<Session>(requireFound(claim, "key"), outcome);
  }
  parts.noteChange(outcome.record);
  parts.wakeWebhooks();
  return shown;
}

function toRecord(session: NewSession): SessionRecord {
  return {
    ...session,
    updatedAt: session.createdAt,
    archivedAt: null,
    lastSequence: (session.copy?.upTo ?? 0) + session.events.length,
    version: 1,
    fence: 0,
  };
}

async function toBody(
  parts: SessionServiceParts,
  principal: Principal,
  input: SessionCreate,
  budgetId: string | null,
  given: GivenSession | undefined,
): Promise<SessionBody> {
  const settings = settleWorkspace(input.gantry ?? {}, input.resources);
  if (settings.driver !== undefined && settings.driver !== parts.driver.name) {
    throw refuseField("gantry.driver", `expected ${parts.driver.name}, which is the one that serves sessions here`);
  }
  const [agent, environment] = await Promise.all([
    given?.agent ?? parts.sources.resolveAgent(principal, input.agent),
    given === undefined
      ? parts.sources.resolveEnvironment(principal, input.environment_id)
      : { id: profileEnvironmentId },
  ]);
  await requireAllowed(parts, principal, { agent, settings, mcpServers: given?.mcpServers });
  await requireWorkspace(parts, principal, settings, input.resources?.length ?? 0);
  if (input.budget && !listModelUsers(agent).every(({ model }) => parts.isPriced(model.id)))
    throw new FailureError(toFailure("cost_unpriced", undefined, { param: "budget" }));
  const {
    deadline_seconds: deadline,
    default: fallback,
    hold_seconds: hold,
    four_eyes: fourEyes,
  } = settings.approvals ?? {};
  return {
    title: input.title ?? null,
    metadata: input.metadata ?? {},
    agent,
    environmentId: environment.id,
    vaultIds: input.vault_ids ?? [],
    settings,
    approvals: {
      deadline_seconds: deadline ?? parts.approvals.deadline_seconds,
      default: fallback ?? parts.approvals.default,
      hold_seconds: hold ?? parts.approvals.hold_seconds,
      four_eyes: fourEyes ?? parts.approvals.four_eyes,
    },
    driver: parts.driver.name,
    budget: input.budget ?? null,
    budgetId,
    ...(given?.mcpServers !== undefined && { mcpServers: given.mcpServers }),
    ...(given?.outputSchema !== undefined && { outputSchema: given.outputSchema }),
  };
}

/** The agent and those that it may call. */
const listModelUsers = (agent: SessionBody["agent"]) => [agent, ...listRoster(agent).map((entry) => entry.agent)];

async function requireAllowed(
  parts: SessionServiceParts,
  principal: Principal,
  wanted: Pick<SessionBody, "agent" | "settings"> & { readonly mcpServers: SessionBody["mcpServers"] | undefined },
): Promise<void> {
  const { agent, settings } = wanted;
  const { profile: profileName } = settings;
  const own = profileName === undefined ? undefined : await parts.profileOf(profileName);
  if (profileName !== undefined && own === undefined) throw refuseField("gantry.profile", "there is no such profile");
  const profiles = own === undefined ? [principal.profile] : [principal.profile, own];
  for (const { model } of listModelUsers(agent)) {
    for (const profile of profiles) {
      const said = decide(profile, { kind: "model", names: parts.namesOf(model.id) });
      if (said.action !== "allow")
        throw new FailureError(toFailure("forbidden", said.reason, { param: "agent.model" }));
    }
  }
  const wish = toWish(wanted);
  if (wish !== undefined) await parts.capabilities.select(profiles, wish);
}

/** What a session is given must have a place. */
async function requireWorkspace(
  parts: SessionServiceParts,
  principal: Principal,
  { workspace: { directory, ref } = {} }: SessionSettings,
  resources: number,
): Promise<void> {
  if (directory === undefined && ref !== undefined)
    throw refuseField("gantry.workspace.ref", "expected a directory with it");
  if (directory !== undefined) await parts.checkWorkspace(principal, { kind: "directory", directory });
  else if (resources > 0) await parts.checkWorkspace(principal, { kind: "empty" });
}

const conversation = /^(agent\.|session\.status_running)/;

export async function forkSession(
  parts: SessionServiceParts,
  audit: AuditRecorder,
  { principal, actor }: SessionCaller,
  from: SessionRecord,
  { event_id: eventId, title }: SessionFork,
  claim: IdempotencyClaim | undefined,
  show: Show,
): Promise<Session> {
  const id = parts.createId("sesn");
  const claimed = claim && { scope: claimScope(principal.keyId, `fork ${from.id}`), ...claim };
  const make = async (): Promise<Session> => {
    const event = eventId === undefined ? undefined : await parts.store.findEvent(from.id, eventId);
    if (eventId !== undefined && event === undefined) throw refuseField("event_id", "the session has no such event");
    const upTo = event?.sequence ?? from.lastSequence;
    const transcript = await parts.store.findTranscript(from.id);
    const after =
      transcript === undefined
        ? []
        : await parts.store.readEvents(from.id, transcript.sequence, Math.max(1, upTo - transcript.sequence));
    const isWhole =
      transcript !== undefined &&
      !from.state.retell &&
      transcript.sequence <= upTo &&
      !after.some(({ sequence, type }) => sequence <= upTo && conversation.test(type));
    const now = parts.clock.epoch();
    const origin = { session_id: from.id, event_id: eventId ?? null };
    const budgetId = from.body.budget === null ? null : parts.createBudgetId();
    if (from.body.budget !== null && budgetId !== null)
      await createSessionBudget(parts, id, budgetId, toMicros(from.body.budget), now);
    const { workspaceId: _own, ...rest } = from.body;
    const body = { ...rest, budgetId, forkedFrom: origin, title: title ?? from.body.title };
    const state = { ...newSessionState, transcriptSequence: isWhole ? transcript.sequence : 0, retell: !isWhole };
    const first = {
      id: parts.createId("sevt"),
      type: "session.updated",
      processedAt: now,
      body: { gantry: { forked_from: origin } },
    } as const;
    const copy = { sessionId: from.id, upTo, withTranscript: isWhole };
    return await keep(
      parts,
      principal,
      { id, status: "idle", ready: false, createdAt: now, body, state, events: [first], copy },
      claimed,
      show,
    );
  };
  const change = { action: "session.forked", target: `session:${id}`, projectId: from.projectId, detail: from.id };
  return await once(parts, claimed, async () => await audit.record(actor, change, make));
}
