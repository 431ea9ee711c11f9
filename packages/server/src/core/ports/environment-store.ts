import type { Environment } from "@gantry/contracts/environments";
import type { Page, PageRequest } from "./control-store.ts";

export type EnvironmentBody = Pick<Environment, "name" | "description" | "config" | "scope" | "metadata">;

export interface StoredEnvironment {
  readonly id: string;
  readonly projectId: string;
  readonly body: EnvironmentBody;
  /** Counts the changes: a change is made to the revision that was read. */
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
  /** What is deleted is kept for the sessions that were made in it. */
  readonly deletedAt: number | null;
}

export interface NewEnvironment {
  readonly id: string;
  readonly projectId: string;
  readonly body: EnvironmentBody;
  readonly createdAt: number;
}

export interface EnvironmentQuery extends PageRequest {
  /** Of all projects where it is missing. */
  readonly projectId?: string;
  readonly includeArchived: boolean;
}

export interface EnvironmentStore {
  /** Rejects with a `FailureError` of code `conflict` where the id is taken. */
  create(environment: NewEnvironment): Promise<StoredEnvironment>;
  /** Also what is deleted. */
  find(id: string): Promise<StoredEnvironment | undefined>;
  /** Undefined where it is not at that revision any more. */
  update(id: string, revision: number, body: EnvironmentBody, now: number): Promise<StoredEnvironment | undefined>;
  /** Newest first, without what is deleted. */
  list(query: EnvironmentQuery): Promise<Page<StoredEnvironment>>;
  /** For good. Archiving twice is archiving once; undefined where there is no such environment. */
  archive(id: string, now: number): Promise<StoredEnvironment | undefined>;
  /** False where there is none, or it was deleted before. */
  delete(id: string, now: number): Promise<boolean>;
}
