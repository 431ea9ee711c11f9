import { z } from "zod";

/**
 * Who may do what. A project owns keys; a key has scopes and a permission profile; every list of a profile is a
 * permission, so what is not listed is denied.
 */

export const scopes = ["inference", "tasks", "sessions", "approve", "admin"] as const;
export type Scope = (typeof scopes)[number];

const name = z
  .string()
  .min(1)
  .max(120)
  .regex(/^[\w .:@/-]+$/, "letters, digits, blanks and . : @ / _ - only")
  .refine((value) => value.trim() === value && !/^\.+$/.test(value), "no blank at its ends, and more than dots");
const scopeList = z
  .array(z.enum(scopes))
  .min(1)
  .max(scopes.length)
  .refine((value) => new Set(value).size === value.length, "each once");
const metadata = z
  .record(z.string().max(64), z.string().max(512))
  .refine((value) => Object.keys(value).length <= 32, "at most 32 entries");
const epochMs = z.int().min(0).max(8_640_000_000_000_000);

/** Requests and tokens per minute, and requests at one time; a missing field is no limit. */
export const rateLimits = z.strictObject({
  requestsPerMinute: z.int().min(1).max(1_000_000).optional(),
  tokensPerMinute: z.int().min(1).max(1_000_000_000).optional(),
  concurrent: z.int().min(1).max(100_000).optional(),
});
export type RateLimits = z.infer<typeof rateLimits>;

/** Exact response cache of a project. Off by default. */
export const cacheSettings = z.strictObject({ enabled: z.boolean(), maxAgeSeconds: z.int().min(1).max(2_592_000) });
export type CacheSettings = z.infer<typeof cacheSettings>;

export const projectInput = z.strictObject({
  name,
  metadata: metadata.optional(),
  /** Names that requests of this project may use for a model, such as `fast` for `haiku`. */
  aliases: z
    .record(z.string().min(1).max(120), z.string().min(1).max(256))
    .refine((value) => Object.keys(value).length <= 200, "at most 200 entries")
    .optional(),
  cache: cacheSettings.optional(),
});
export const projectUpdate = projectInput.partial();
export type ProjectInput = z.infer<typeof projectInput>;

export interface Project {
  readonly id: string;
  readonly name: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, string>>;
  readonly cache: CacheSettings;
  readonly createdAt: number;
  /** Archived projects serve nothing; their history stays. */
  readonly archivedAt: number | null;
}

export const keyInput = z.strictObject({
  name,
  projectId: z.string(),
  /** Name of a profile. */
  profile: z.string(),
  scopes: scopeList.optional(),
  expiresAt: epochMs.optional(),
  limits: rateLimits.optional(),
  metadata: metadata.optional(),
});
export const keyUpdate = z.strictObject({
  name: name.optional(),
  profile: z.string().optional(),
  scopes: scopeList.optional(),
  expiresAt: epochMs.nullable().optional(),
  limits: rateLimits.optional(),
  metadata: metadata.optional(),
  disabled: z.boolean().optional(),
});
/** `overlapSeconds`: how long the old secret stays good beside the new one. */
export const keyRotation = z.strictObject({ overlapSeconds: z.int().min(0).max(2_592_000).default(0) });
export type KeyInput = z.infer<typeof keyInput>;
export type KeyUpdate = z.infer<typeof keyUpdate>;

/** A key as it is shown: never its secret, nor the secret's hash. */
export interface ApiKey {
  readonly id: string;
  /** The part of the key's text that is no secret: `gk_<public>_<secret>`. */
  readonly publicId: string;
  readonly name: string;
  readonly projectId: string;
  readonly profile: string;
  readonly scopes: readonly Scope[];
  readonly limits: RateLimits;
  readonly metadata: Readonly<Record<string, string>>;
  readonly expiresAt: number | null;
  readonly disabled: boolean;
  readonly revokedAt: number | null;
  readonly createdAt: number;
  readonly lastUsedAt: number | null;
}

const toolRule = z.strictObject({
  /** `*` or the name of a tool; `*` at the end stands for any rest. */
  tool: z.string().min(1).max(200),
  /** Pattern on the tool's main argument (a command, a path), with `*` for anything; missing for all. */
  argument: z.string().max(1000).optional(),
  action: z.enum(["allow", "ask", "deny"]),
});
const names = z.array(z.string().min(1).max(256)).max(1000);

/** Every field has a default that permits nothing, so that a custom profile inherits nothing by accident. */
export const profileInput = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and - only")
    // What the key of the data directory is under has that name in usage and audit.
    .refine((value) => value !== "admin", "another name: this one is taken"),
  allowedTools: names.default([]),
  blockedTools: names.default([]),
  allowedAgents: names.default([]),
  allowedSkills: names.default([]),
  /** Names or ids of models, with `*` for any text. */
  allowedModels: names.default([]),
  allowedMcpServers: names.default([]),
  readDirectories: names.default([]),
  writeDirectories: names.default([]),
  /** `example.com`, `*.example.com` for all below it, `*` for all; on the ports 80 and 443, or on the one named behind it. */
  networkHosts: names.default([]),
  /** `count` lets through what `networkHosts` does not cover, and tells of it. */
  networkMode: z.enum(["enforce", "count"]).default("enforce"),
  installPackages: z.boolean().default(false),
  toolRules: z.array(toolRule).max(1000).default([]),
  maxConcurrentTasks: z.int().min(0).max(10_000).default(0),
  maxCpuCores: z.number().min(0).max(1024).default(0),
  maxMemoryGb: z.number().min(0).max(4096).default(0),
  maxExecutionSeconds: z.int().min(0).max(604_800).default(0),
  maxCostPerTaskMicros: z.int().min(0).max(1_000_000_000_000).default(0),
  networkAccess: z.boolean().default(false),
  filesystemAccess: z.enum(["none", "readonly", "readwrite"]).default("none"),
  workspaceSizeMb: z.int().min(0).max(1_000_000).default(0),
  /** Names of registered directories that work may begin with and be landed in; `*` for all. */
  allowedDirectories: names.default([]),
  /** Whether the agent takes the settings, hooks and MCP servers that lie in its workspace for its own. */
  trustProjectSettings: z.boolean().default(false),
  /** Whether the owner's own `CLAUDE.md` comes along into runs. */
  ownerInstructions: z.boolean().default(false),
  /** Whether what the owner's plugins bring can be seen and named. */
  ownerPlugins: z.boolean().default(false),
  /**
   * Whether messages may name images and documents by their address, which the model's provider opens. The one field whose default
   * permits: it was so before there was the field, and nothing is opened by the server.
   */
  contentUrls: z.boolean().default(true),
});
export const profileUpdate = profileInput.omit({ name: true });
export type ProfileInput = z.infer<typeof profileInput>;

/** One version of a profile; a change makes the next. */
export interface PermissionProfile extends Readonly<ProfileInput> {
  readonly version: number;
  readonly createdAt: number;
}
