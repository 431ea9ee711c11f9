import type { AgentReference, SessionAgent } from "@gantry/contracts/sessions";
import type { Principal } from "../access/principal.ts";

/** What a session is made of and others keep: agents, environments and resources. Each rejects with a `FailureError`. */
export interface SessionSources {
  /** The agent as it is now, or at the version asked for, with overrides applied and every default filled in. */
  resolveAgent(principal: Principal, reference: AgentReference): Promise<SessionAgent>;
  /** The same agent with other tools or servers, checked as `resolveAgent` checks them. */
  changeAgent(
    principal: Principal,
    agent: SessionAgent,
    change: { readonly tools?: readonly unknown[] | undefined; readonly mcp_servers?: readonly unknown[] | undefined },
  ): Promise<SessionAgent>;
  resolveEnvironment(principal: Principal, id: string): Promise<SessionEnvironment>;
  /** Checks and keeps what the session is created with; called before the session is there. */
  addResources(
    principal: Principal,
    sessionId: string,
    resources: readonly Readonly<Record<string, unknown>>[],
  ): Promise<void>;
  /** The resources of each session, as the wire shows them. */
  listResources(sessionIds: readonly string[]): Promise<ReadonlyMap<string, readonly unknown[]>>;
  /** The session is gone, or was not made after all. */
  dropResources(sessionId: string): Promise<void>;
  /** Bytes of an uploaded file, as base64, for an image or a document of a message. */
  readFile(principal: Principal, fileId: string): Promise<{ readonly mediaType: string; readonly base64: string }>;
}

export interface SessionEnvironment {
  readonly id: string;
  readonly networking:
    | { readonly type: "unrestricted" }
    | { readonly type: "limited"; readonly allowed_hosts: readonly string[] };
}
