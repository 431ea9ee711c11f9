import type { NewEvent, SessionCommit } from "../../../../core/ports/event-log.ts";
import type { NewSession } from "../../../../core/ports/session-store.ts";
import { newSessionState, type SessionBody } from "../../../../core/sessions/session-state.ts";
import { noon } from "./samples.ts";

const sampleBody: SessionBody = {
  title: "A session",
  metadata: {},
  agent: {
    type: "agent",
    id: "agent_a",
    version: 1,
    name: "worker",
    description: null,
    model: { id: "haiku" },
    system: "Work. \0 \ud800",
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: "service_account" },
  },
  environmentId: "env_a",
  vaultIds: [],
  settings: {},
  approvals: { deadline_seconds: 60, default: "deny", hold_seconds: 0, four_eyes: false },
  driver: "claude",
  budget: null,
  budgetId: null,
};

export function sampleSession(id: string, changes: Partial<NewSession> = {}): NewSession {
  return {
    id,
    projectId: "prj_a",
    keyId: "key_a",
    agentId: "agent_a",
    agentVersion: 1,
    status: "idle",
    ready: false,
    createdAt: noon,
    body: sampleBody,
    state: newSessionState,
    events: [],
    ...changes,
  };
}

export function sampleEvent(id: string, changes: Partial<NewEvent> = {}): NewEvent {
  return { id, type: "agent.message", processedAt: noon, body: { content: [{ type: "text", text: id }] }, ...changes };
}

export function sampleCommit(sessionId: string, version: number, changes: Partial<SessionCommit> = {}): SessionCommit {
  return {
    sessionId,
    version,
    now: noon + version,
    status: "idle",
    ready: false,
    state: newSessionState,
    events: [],
    ...changes,
  };
}
