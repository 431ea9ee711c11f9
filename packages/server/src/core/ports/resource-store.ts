import type { SessionResource } from "@gantry/contracts/session-resources";

/** What a session was given, in the order in which it was added. */
export interface StoredResource {
  readonly sessionId: string;
  readonly resource: SessionResource;
}

export interface ResourceStore {
  /** All or none, behind what is there already. `now` in epoch milliseconds. */
  add(resources: readonly StoredResource[], now: number): Promise<void>;
  /** Of all these sessions. */
  list(sessionIds: readonly string[]): Promise<readonly StoredResource[]>;
  /** False where that session has no such resource. */
  delete(sessionId: string, id: string): Promise<boolean>;
  deleteAll(sessionId: string): Promise<void>;
}
