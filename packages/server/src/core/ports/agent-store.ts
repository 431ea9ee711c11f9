import type { Agent } from "@gantry/contracts/agents";
import type { Page, PageRequest } from "./control-store.ts";

/** An agent in one version as the store holds it. */
export interface StoredAgent {
  readonly id: string;
  readonly projectId: string;
  readonly version: number;
  readonly body: AgentBody;
  /** Of the agent, and of this version. Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
}

/** What a version holds. */
export type AgentBody = Omit<Agent, "id" | "type" | "version" | "created_at" | "updated_at" | "archived_at">;

export interface NewAgent {
  readonly id: string;
  readonly projectId: string;
  readonly body: AgentBody;
  readonly createdAt: number;
}

export interface AgentQuery extends PageRequest {
  /** Of all projects where it is missing. */
  readonly projectId?: string;
  readonly includeArchived: boolean;
  /** Epoch milliseconds, both included. */
  readonly from?: number;
  readonly to?: number;
}

/** Agents and their versions. A version that was made is never changed. */
export interface AgentStore {
  /** In version 1. Rejects with a `FailureError` of code `conflict` where the id is taken. */
  create(agent: NewAgent): Promise<StoredAgent>;
  /** The newest version where none is named. */
  find(id: string, version?: number): Promise<StoredAgent | undefined>;
  /** False where that version is there already: somebody else was first. */
  addVersion(id: string, version: number, body: AgentBody, now: number): Promise<boolean>;
  /** In their newest versions, newest agents first. */
  list(query: AgentQuery): Promise<Page<StoredAgent>>;
  /** Newest first. The cursor is a version's number. */
  versions(id: string, page: PageRequest): Promise<Page<StoredAgent>>;
  /** For good. Archiving twice is archiving once; undefined where there is no such agent. */
  archive(id: string, now: number): Promise<StoredAgent | undefined>;
}
