import type { AgentStore } from "./agent-store.ts";
import type { EnvironmentStore } from "./environment-store.ts";
import type { FileStore } from "./file-store.ts";
import type { ResourceStore } from "./resource-store.ts";

/** What sessions are made of. Every write is committed when it resolves. */
export interface ManagedStore {
  readonly agents: AgentStore;
  readonly environments: EnvironmentStore;
  readonly files: FileStore;
  readonly resources: ResourceStore;
}
