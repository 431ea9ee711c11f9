import type { ThreadAgent } from "@gantry/contracts/agents";
import type { Session } from "@gantry/contracts/sessions";
import { listRoster } from "../../../core/sessions/session-roster.ts";

/** A subagent as its thread tells of it: of one that is not of the agent's roster what it was given beside its name is not kept. */
type InlineAgent = Omit<ThreadAgent, "id" | "version" | "type"> & { readonly type: "inline" };

/** The wire's thread: who works in a session. The primary one is the session itself; each call of a subagent has one. */
export interface SessionThread {
  readonly id: string;
  readonly type: "session_thread";
  readonly session_id: string;
  readonly parent_thread_id: string | null;
  readonly agent: ThreadAgent | InlineAgent;
  readonly status: Session["status"];
  readonly stats: Session["stats"] | null;
  readonly usage: Session["usage"] | null;
  readonly workflow_run_id: null;
  readonly archived_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

function toThreadId(sessionId: string): string {
  return sessionId.replace(/^sesn_/, "sthr_");
}

export function toSessionThread(session: Session): SessionThread {
  const { multiagent: _multiagent, ...agent } = session.agent;
  return {
    id: toThreadId(session.id),
    type: "session_thread",
    session_id: session.id,
    parent_thread_id: null,
    agent,
    status: session.status,
    stats: session.stats,
    usage: session.usage,
    workflow_run_id: null,
    archived_at: session.archived_at,
    created_at: session.created_at,
    updated_at: session.updated_at,
  };
}

/** As it begins. A session that is archived has none that could go on. */
export function toSubagentThread(
  session: Session,
  made: { readonly session_thread_id: string; readonly agent_name: string; readonly processed_at: string },
): SessionThread {
  const { model, execution_identity } = session.agent;
  const known = listRoster(session.agent).find(({ agent }) => agent.name === made.agent_name)?.agent;
  const nothing = { description: null, system: null, tools: [], mcp_servers: [], skills: [] };
  return {
    ...toSessionThread(session),
    id: made.session_thread_id,
    parent_thread_id: toThreadId(session.id),
    agent: known ?? { type: "inline", name: made.agent_name, model, execution_identity, ...nothing },
    status: session.status === "terminated" ? "terminated" : "running",
    stats: null,
    usage: null,
    created_at: made.processed_at,
    updated_at: made.processed_at,
  };
}
