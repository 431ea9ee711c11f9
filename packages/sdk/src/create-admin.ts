import type {
  ApiKey,
  keyInput,
  keyRotation,
  keyUpdate,
  PermissionProfile,
  profileInput,
  profileUpdate,
  Project,
  projectInput,
  projectUpdate,
} from "@gantry/contracts/access";
import type { BudgetState, BudgetSubject, budgetInput, budgetUpdate } from "@gantry/contracts/budgets";
import type { z } from "zod";
import { createAudit, type Audit } from "./create-audit.ts";
import { createDirectories, type AdminDirectories } from "./create-directories.ts";
import { createResource, type Lists, type Paging } from "./create-resource.ts";
import type { CallOptions, Transport } from "./create-transport.ts";
import { createAdminUsage, type AdminUsage } from "./create-usage.ts";
import { createWebhooks, type AdminWebhooks } from "./create-webhooks.ts";
import type { Page } from "./pages.ts";

/** A project by its id or name. */
export interface ProjectFilter extends Paging {
  readonly project_id?: string;
}
export interface BudgetFilter extends Paging {
  readonly subject?: BudgetSubject;
  readonly subject_id?: string;
}

/** A key with its text, which is told this once and kept nowhere. */
export type ApiKeyWithText = ApiKey & { readonly key: string };

export interface AdminProjects extends Lists<Project, Paging> {
  create(input: z.input<typeof projectInput>, options?: CallOptions): Promise<Project>;
  get(project: string, options?: CallOptions): Promise<Project>;
  update(project: string, change: z.input<typeof projectUpdate>, options?: CallOptions): Promise<Project>;
  /** Its keys are refused from then on; its history stays. */
  archive(project: string, options?: CallOptions): Promise<Project>;
}
export interface AdminKeys extends Lists<ApiKey, ProjectFilter> {
  create(input: z.input<typeof keyInput>, options?: CallOptions): Promise<ApiKeyWithText>;
  get(id: string, options?: CallOptions): Promise<ApiKey>;
  update(id: string, change: z.input<typeof keyUpdate>, options?: CallOptions): Promise<ApiKey>;
  /** For good. */
  revoke(id: string, options?: CallOptions): Promise<ApiKey>;
  rotate(id: string, rotation?: z.input<typeof keyRotation>, options?: CallOptions): Promise<ApiKeyWithText>;
}
export interface AdminBudgets extends Lists<BudgetState, BudgetFilter> {
  create(input: z.input<typeof budgetInput>, options?: CallOptions): Promise<BudgetState>;
  get(id: string, options?: CallOptions): Promise<BudgetState>;
  update(id: string, change: z.input<typeof budgetUpdate>, options?: CallOptions): Promise<BudgetState>;
  delete(id: string, options?: CallOptions): Promise<void>;
}
export interface AdminProfiles extends Lists<PermissionProfile, Paging> {
  create(input: z.input<typeof profileInput>, options?: CallOptions): Promise<PermissionProfile>;
  /** Its newest version, or the one named. */
  get(name: string, version?: number, options?: CallOptions): Promise<PermissionProfile>;
  versions(name: string, paging?: Paging, options?: CallOptions): Promise<Page<PermissionProfile>>;
  /** Its next version, or its first. What is not named is not permitted. */
  put(name: string, profile: z.input<typeof profileUpdate>, options?: CallOptions): Promise<PermissionProfile>;
}

/** What administrators do. The key needs the scope `admin`. */
export interface Admin {
  readonly projects: AdminProjects;
  readonly keys: AdminKeys;
  readonly budgets: AdminBudgets;
  readonly profiles: AdminProfiles;
  readonly webhooks: AdminWebhooks;
  readonly directories: AdminDirectories;
  readonly usage: AdminUsage;
  readonly audit: Audit;
}

export function createAdmin(transport: Transport): Admin {
  const projects = createResource<Project, Paging>(transport, "projects");
  const keys = createResource<ApiKey, ProjectFilter>(transport, "keys");
  const budgets = createResource<BudgetState, BudgetFilter>(transport, "budgets");
  const profiles = createResource<PermissionProfile, Paging>(transport, "profiles");
  return {
    projects: {
      ...projects.lists,
      create: (input, options) => projects.send("POST", "", input, options),
      get: (project, options) => projects.read(project, {}, options),
      update: (project, change, options) => projects.send("PATCH", project, change, options),
      archive: (project, options) => projects.send("DELETE", project, undefined, options),
    },
    keys: {
      ...keys.lists,
      create: (input, options) => keys.send("POST", "", input, options),
      get: (id, options) => keys.read(id, {}, options),
      update: (id, change, options) => keys.send("PATCH", id, change, options),
      revoke: (id, options) => keys.send("DELETE", id, undefined, options),
      rotate: (id, rotation = {}, options) => keys.send("POST", [id, "rotate"], rotation, options),
    },
    budgets: {
      ...budgets.lists,
      create: (input, options) => budgets.send("POST", "", input, options),
      get: (id, options) => budgets.read(id, {}, options),
      update: (id, change, options) => budgets.send("PATCH", id, change, options),
      async delete(id, options) {
        await budgets.send("DELETE", id, undefined, options);
      },
    },
    profiles: {
      ...profiles.lists,
      create: (input, options) => profiles.send("POST", "", input, options),
      get: (name, version, options) => profiles.read(name, { version }, options),
      versions: (name, paging, options) => profiles.read([name, "versions"], { ...paging }, options),
      put: (name, profile, options) => profiles.send("PUT", name, profile, options),
    },
    webhooks: createWebhooks(transport),
    directories: createDirectories(transport),
    usage: createAdminUsage(transport),
    audit: createAudit(transport),
  };
}
