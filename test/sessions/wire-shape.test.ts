import assert from "node:assert/strict";
import { test } from "node:test";
import type { BetaManagedAgentsSession as SdkSession } from "@anthropic-ai/sdk/resources/beta/sessions/sessions";
import type {
  BetaManagedAgentsEventParams,
  BetaManagedAgentsSessionEvent,
  BetaManagedAgentsSessionEventType,
  BetaManagedAgentsStreamSessionEvents,
} from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { sessionEventTypes, type PreviewEvent, type SessionEvent } from "@gantry/contracts/session-events";
import type { SessionInput } from "@gantry/contracts/session-inputs";
import type { Interaction } from "@gantry/contracts/interactions";
import type { Session } from "@gantry/contracts/sessions";
import type { SessionSources } from "../../packages/server/src/core/ports/session-sources.ts";
import type { WorkDriver, Worker } from "../../packages/server/src/core/ports/work-driver.ts";
import type { InteractionService } from "../../packages/server/src/core/sessions/interaction-service.ts";
import type { SessionFrame, SessionService } from "../../packages/server/src/core/sessions/session-service.ts";

/** `readonly` off all the way down: the SDK's types are of mutable objects. */
type Loose<T> = T extends readonly (infer Item)[]
  ? Loose<Item>[]
  : T extends object
    ? { -readonly [Name in keyof T]: Loose<Exclude<T[Name], undefined>> }
    : T;

type Wire<T> = T extends { readonly type: infer Type } ? { type: Type } & Loose<Omit<T, "gantry" | "agent">> : never;

// The compiler is the test: each line fails to compile where a shape of ours is not one that the vendor's SDK knows.
const toSdkEvent = (event: Wire<SessionEvent>): BetaManagedAgentsSessionEvent => event;
const toSdkFrame = (event: Wire<SessionEvent | PreviewEvent>): BetaManagedAgentsStreamSessionEvents => event;
const toSdkSession = (session: Loose<Omit<Session, "agent">>): Omit<SdkSession, "agent"> => session;
const toSdkTypes = (
  types: typeof sessionEventTypes,
): readonly (BetaManagedAgentsSessionEventType | "session.deleted")[] => types;
type Sent = Extract<BetaManagedAgentsEventParams, { type: SessionInput["type"] }>;
const isSent = (type: Sent["type"]): SessionInput["type"] => type;
const frameOf = (
  frame: Awaited<ReturnType<SessionService["subscribe"]>> extends AsyncIterable<infer F> ? F : never,
): SessionFrame => frame;
const agentOf = (agent: Awaited<ReturnType<SessionSources["resolveAgent"]>>): Session["agent"] => agent;
const workerOf = (worker: Awaited<ReturnType<WorkDriver["open"]>>): Worker => worker;
const interactionOf = (found: Awaited<ReturnType<InteractionService["get"]>>): Interaction => found;

test("what a session gives is what the vendor's SDK takes", () => {
  for (const same of [
    toSdkEvent,
    toSdkFrame,
    toSdkSession,
    toSdkTypes,
    isSent,
    frameOf,
    interactionOf,
    agentOf,
    workerOf,
  ]) {
    assert.equal(same.length, 1);
  }
  assert.equal(new Set(toSdkTypes(sessionEventTypes)).size, sessionEventTypes.length);
});
