import type { ApiKey, KeyUpdate, PermissionProfile, ProfileInput, Project, ProjectInput, RateLimits, Scope } from "@gantry/contracts/access";
import type { Budget, BudgetInput, BudgetState, BudgetUpdate } from "@gantry/contracts/budgets";

/** A page of a list, newest first. `cursor` is the id after which the page begins; `nextCursor` is null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor?: string;
}

/** A key as the store holds it: with the hashes of its secret and, in a rotation's overlap, of the one before. */
export interface StoredKey extends ApiKey {
  readonly secretHash: string;
  readonly previousSecretHash: string | null;
  /** Until when the previous secret is good, in epoch milliseconds. */
  readonly previousUntil: number | null;
}

export interface NewKey {
  readonly id: string;
  readonly publicId: string;
  readonly secretHash: string;
  readonly name: string;
  readonly projectId: string;
  readonly profile: string;
  readonly scopes: readonly Scope[];
  readonly limits: RateLimits;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expiresAt: number | null;
  readonly createdAt: number;
}

/**
 * Projects, keys, profiles and budgets. Not on the hot path but for `findKey`, which the caller caches for at most a second.
 * Every write is committed when it resolves. What does not exist is `undefined`; a name that is taken rejects with a
 * `FailureError` of code `conflict`.
 */
export interface ControlStore {
  createProject(id: string, input: ProjectInput, now: number): Promise<Project>;
  updateProject(id: string, input: Partial<ProjectInput>): Promise<Project | undefined>;
  archiveProject(id: string, now: number): Promise<Project | undefined>;
  findProject(idOrName: string): Promise<Project | undefined>;
  listProjects(page: PageRequest): Promise<Page<Project>>;

  createKey(key: NewKey): Promise<ApiKey>;
  /** By the public part of the key's text. */
  findKey(publicId: string): Promise<StoredKey | undefined>;
  getKey(id: string): Promise<ApiKey | undefined>;
  listKeys(page: PageRequest & { readonly projectId?: string }): Promise<Page<ApiKey>>;
  updateKey(id: string, update: KeyUpdate): Promise<ApiKey | undefined>;
  rotateKey(id: string, secretHash: string, previousUntil: number): Promise<ApiKey | undefined>;
  revokeKey(id: string, now: number): Promise<ApiKey | undefined>;
  /** Notes uses, many at once and not often. */
  touchKeys(lastUsed: ReadonlyMap<string, number>): Promise<void>;

  /** Makes the first or the next version of a profile. */
  putProfile(input: ProfileInput, now: number): Promise<PermissionProfile>;
  /** The newest version, or the one asked for. */
  findProfile(name: string, version?: number): Promise<PermissionProfile | undefined>;
  listProfiles(page: PageRequest): Promise<Page<PermissionProfile>>;
  listProfileVersions(name: string, page: PageRequest): Promise<Page<PermissionProfile>>;

  createBudget(id: string, input: BudgetInput, now: number): Promise<Budget>;
  updateBudget(id: string, update: BudgetUpdate): Promise<Budget | undefined>;
  deleteBudget(id: string): Promise<boolean>;
  getBudget(id: string, now: number): Promise<BudgetState | undefined>;
  listBudgets(page: PageRequest & { readonly subject?: Budget["subject"]; readonly subjectId?: string }, now: number): Promise<Page<BudgetState>>;
}
