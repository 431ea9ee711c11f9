import type { ThreadAgent } from "@gantry/contracts/agents";
import type { Session } from "@gantry/contracts/sessions";

/** The wire's thread: who works in a session. Here there is the primary one alone, which is the session itself. */
export interface SessionThread {
  readonly id: string;
  readonly type: "session_thread";
  readonly session_id: string;
  readonly parent_thread_id: null;
  readonly agent: ThreadAgent;
  readonly status: Session["status"];
  readonly stats: Session["stats"];
  readonly usage: Session["usage"];
  readonly workflow_run_id: null;
  readonly archived_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export function toThreadId(sessionId: string): string {
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
