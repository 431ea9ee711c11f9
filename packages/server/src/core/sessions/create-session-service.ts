import { FailureError } from "@gantry/contracts/errors";
import type { SessionEvent, UserEvent } from "@gantry/contracts/session-events";
import type { SessionInput } from "@gantry/contracts/session-inputs";
import type { Session } from "@gantry/contracts/sessions";
import { requireScope, type Principal } from "../access/principal.ts";
import { createAuditRecorder } from "../control/audit-recorder.ts";
import { requireFound } from "../control/refusals.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import { archiveSession, deleteSession, updateSession } from "./change-session.ts";
import { createKeyWatch } from "./create-key-watch.ts";
import { createSession, forkSession } from "./make-session.ts";
import { claimScope, requireSameBody } from "./idempotency.ts";
import { listSessionEvents, listSessions } from "./list-sessions.ts";
import type { SessionCommand } from "./session-machine.ts";
import type { IdempotencyClaim, SessionService } from "./session-service.ts";
import { profileEnvironmentId } from "./open-session-network.ts";
import { mayReach, requireDone, sameEyes } from "./session-refusals.ts";
import type { SessionServiceParts } from "./session-service-parts.ts";
import { toSession } from "./to-session.ts";
import { toSessionEvent } from "./to-session-event.ts";
import type { StepOutcome } from "./session-writer.ts";

export function createSessionService(parts: SessionServiceParts): SessionService {
  const { store, writer, hub, sources } = parts;
  const audit = createAuditRecorder(parts.audit);
  const keys = createKeyWatch(parts);

  async function find(principal: Principal, id: string): Promise<SessionRecord> {
    const found = requireFound(await store.find(id), "session");
    requireFound(mayReach(principal, found) || undefined, "session");
    return found;
  }
  async function show(records: readonly SessionRecord[]): Promise<readonly Session[]> {
    const resources = await sources.listResources(records.map(({ id }) => id));
    return records.map((record) => toSession(record, resources.get(record.id) ?? [], parts.clock.epoch()));
  }
  async function showOne(record: SessionRecord): Promise<Session> {
    return requireFound((await show([record]))[0], "session");
  }
  async function take(
    principal: Principal,
    id: string,
    command: SessionCommand,
  ): Promise<StepOutcome & { kind: "done" }> {
    await find(principal, id);
    return requireDone(await writer.take(id, () => ({ command })));
  }
  const findInput = async (id: string, eventId: string): Promise<UserEvent> => {
    const event = requireFound(await store.findEvent(id, eventId), "event");
    // Only inputs wait in a queue.
    return toSessionEvent(event) as UserEvent;
  };

  return {
    create: async (caller, input, claim) => await createSession(parts, audit, caller, input, claim, showOne),
    async createGiven(caller, input, given) {
      const named = { ...input, agent: given.agent.id, environment_id: profileEnvironmentId };
      return await createSession(parts, audit, caller, named, undefined, showOne, given);
    },
    get: async (principal, id) => await showOne(await find(principal, id)),
    list: async (principal, query) => await listSessions(parts, principal, query, show),
    update: async (caller, id, update) =>
      await showOne(await updateSession(parts, audit, caller, await find(caller.principal, id), update)),
    archive: async (caller, id) =>
      await showOne(await archiveSession(parts, audit, caller, await find(caller.principal, id))),
    delete: async (caller, id) => await deleteSession(parts, audit, caller, await find(caller.principal, id)),
    fork: async (caller, id, input, claim) =>
      await forkSession(parts, audit, caller, await find(caller.principal, id), input, claim, showOne),

    async send({ principal }, id, inputs, claim) {
      const record = await find(principal, id);
      requireAnswerer(principal, inputs, record);
      return await send(parts, principal, id, inputs, claim);
    },
    listEvents: async (principal, id, query) => await listSessionEvents(store, (await find(principal, id)).id, query),
    async subscribe(principal, id, options, signal) {
      const { projectId } = await find(principal, id);
      const readLast = async (): Promise<number> => (await find(principal, id)).lastSequence;
      const refused = new AbortController();
      const isGood = (holder: Principal): boolean =>
        requireScope(holder, options.scope ?? "sessions") === undefined && mayReach(holder, { projectId });
      const unwatch = keys.watch(principal.keyId, isGood, () => refused.abort());
      signal.addEventListener("abort", unwatch, { once: true });
      if (signal.aborted) unwatch();
      try {
        return await hub.subscribe(id, readLast, options, { signal, refused: refused.signal });
      } catch (error) {
        unwatch();
        throw error;
      }
    },
    async listQueue(principal, id) {
      const { state } = await find(principal, id);
      return await Promise.all(state.queue.map(({ eventId }) => findInput(id, eventId)));
    },
    async withdraw({ principal }, id, eventId) {
      await find(principal, id);
      const { body } = requireFound(await store.findEvent(id, eventId), "event");
      await take(principal, id, { type: "withdraw", eventId, body: { ...body, gantry: { withdrawn: true } } });
      return await findInput(id, eventId);
    },
    async steer({ principal }, id, eventId) {
      await take(principal, id, { type: "steer", eventId });
      return await findInput(id, eventId);
    },
  };
}

/** Whoever approves has the scope for it, and where four eyes are asked for is not who asked. */
function requireAnswerer(principal: Principal, inputs: readonly SessionInput[], { body, state }: SessionRecord): void {
  if (!inputs.some(({ type }) => type === "user.tool_confirmation")) return;
  const missing = requireScope(principal, "approve");
  if (missing !== undefined) throw new FailureError(missing);
  if (body.approvals.four_eyes && state.turn?.by === principal.keyId) throw sameEyes();
}

async function send(
  parts: SessionServiceParts,
  { keyId }: Principal,
  id: string,
  inputs: readonly SessionInput[],
  claim: IdempotencyClaim | undefined,
): Promise<readonly SessionEvent[]> {
  const scope = claimScope(keyId, `send ${id}`);
  if (claim !== undefined) {
    const found = await parts.store.findClaim(scope, claim.key);
    if (found !== undefined) return requireSameBody<readonly SessionEvent[]>(claim, found);
  }
  const earlier = await findEarlierAnswers(parts, id, inputs);
  const fresh = inputs.filter((_, index) => earlier[index] === undefined);
  const merge = (events: readonly SessionEvent[]): readonly SessionEvent[] => {
    const taken = events.filter(({ type }) => type.startsWith("user.") || type === "system.message");
    return inputs.flatMap((_, index) => earlier[index] ?? taken.shift() ?? []);
  };
  const outcome = await parts.writer.take(id, () =>
    fresh.length === 0
      ? undefined
      : {
          command: { type: "send", inputs: fresh, by: keyId },
          ...(claim !== undefined && {
            claim: (events: readonly SessionEvent[]) => ({ scope, ...claim, answer: merge(events) }),
          }),
        },
  );
  if (outcome.kind === "none") return merge([]);
  if (outcome.kind === "repeated") return requireSameBody<readonly SessionEvent[]>(requireFound(claim, "key"), outcome);
  return merge(requireDone(outcome).events);
}

/** Answers that were given before, each where the same is sent again: whoever lost our answer sends it twice. */
async function findEarlierAnswers(
  { store }: SessionServiceParts,
  id: string,
  inputs: readonly SessionInput[],
): Promise<readonly (SessionEvent | undefined)[]> {
  const answers = inputs.filter(({ type }) => type === "user.tool_confirmation" || type === "user.custom_tool_result");
  if (answers.length === 0) return inputs.map(() => undefined);
  const types = ["user.tool_confirmation", "user.custom_tool_result"] as const;
  const logged = await store.listEvents({ sessionId: id, order: "desc", limit: 1000, types });
  return inputs.map((input) => {
    const found = logged.find(({ type, body }) => type === input.type && isSameAnswer(input, body));
    return found && toSessionEvent(found);
  });
}

function isSameAnswer(input: SessionInput, body: Readonly<Record<string, unknown>>): boolean {
  if (input.type === "user.tool_confirmation") {
    return body["tool_use_id"] === input.tool_use_id && body["result"] === input.result;
  }
  if (input.type !== "user.custom_tool_result") return false;
  const { custom_tool_use_id: id, content = [] } = input;
  return body["custom_tool_use_id"] === id && JSON.stringify(body["content"]) === JSON.stringify(content);
}
