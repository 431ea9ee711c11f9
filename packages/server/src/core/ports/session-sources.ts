import type { AgentOverrides, SessionAgent } from "@gantry/contracts/agents";
import type { Environment } from "@gantry/contracts/environments";
import type { SessionResource, SessionResourceInput } from "@gantry/contracts/session-resources";
import type { SessionAgentReference } from "@gantry/contracts/sessions";
import type { Principal } from "../access/principal.ts";
import type { WorkspaceFile } from "./workspaces.ts";

/** What a session is made of and others keep: agents, environments and resources. Each rejects with a `FailureError`. */
export interface SessionSources {
  /** The agent as it is now, or at the version asked for, with overrides applied and every default filled in. */
  resolveAgent(principal: Principal, reference: SessionAgentReference): Promise<SessionAgent>;
  /** The same agent with other tools or servers, checked as `resolveAgent` checks them. */
  changeAgent(
    principal: Principal,
    agent: SessionAgent,
    change: Pick<AgentOverrides, "tools" | "mcp_servers">,
  ): Promise<SessionAgent>;
  resolveEnvironment(principal: Principal, id: string): Promise<Environment>;
  /** Checks and keeps what the session is created with; called before the session is there. */
  addResources(principal: Principal, sessionId: string, resources: readonly SessionResourceInput[]): Promise<void>;
  /** The resources of each session, as the wire shows them. */
  listResources(sessionIds: readonly string[]): Promise<ReadonlyMap<string, readonly SessionResource[]>>;
  /** Files of its resources, to be laid into its workspace. */
  workspaceOf(session: { readonly id: string; readonly projectId: string }): Promise<SessionWorkspace>;
  /** The session is gone, or was not made after all. */
  dropResources(sessionId: string): Promise<void>;
  /** Bytes of an uploaded file, as base64, for an image or a document of a message. */
  readFile(principal: Principal, fileId: string): Promise<{ readonly mediaType: string; readonly base64: string }>;
}

/** What a session's workspace begins with. */
export interface SessionWorkspace {
  readonly files: readonly WorkspaceFile[];
}
