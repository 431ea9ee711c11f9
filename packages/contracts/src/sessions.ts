import { capabilityWish } from "./capabilities.ts";
import { z } from "zod";
import { agentOverrides, type SessionAgent } from "./agents.ts";
import { sessionResourceInput, type SessionResource } from "./session-resources.ts";
import type { SessionBudget, SessionUsage, StopReason } from "./session-events.ts";
import { initialInput } from "./session-inputs.ts";

/** Sessions in the wire's shape (Managed Agents); what is ours alone lies under `gantry`. */

export const sessionStatuses = ["idle", "running", "rescheduling", "terminated"] as const;
export type SessionStatus = (typeof sessionStatuses)[number];

const id = z.string().min(1).max(200);
const title = z.string().max(500).nullable();
const metadata = z
  .record(z.string().min(1).max(64), z.string().max(512))
  .refine((value) => Object.keys(value).length <= 16, "at most 16 entries");
/** Whole cents as digits. */
export const budgetLimit = z.object({
  type: z.literal("limit"),
  max_list_cost: z.object({
    amount: z.string().regex(/^(0|[1-9]\d{0,11})$/, "whole cents as digits"),
    currency: z.literal("USD"),
  }),
});

/** What an asked call is held by. Missing fields are the server's defaults. */
export const approvalSettings = z.strictObject({
  /** After so long without an answer the default applies. */
  deadline_seconds: z.int().min(1).max(2_592_000).optional(),
  default: z.enum(["deny", "allow"]).optional(),
  /** How long the agent's process is kept waiting for an answer before it is let go. */
  hold_seconds: z.int().min(0).max(3600).optional(),
  /** The key that sent the work may not approve what it does. */
  four_eyes: z.boolean().optional(),
});
export type ApprovalSettings = z.infer<typeof approvalSettings>;

const workspaceSettings = z.strictObject({
  /** Name of a registered directory. */
  directory: z.string().min(1).max(120).optional(),
  /** Branch, tag or commit of it, where it is a git repository. */
  ref: z.string().min(1).max(256).optional(),
  /** `read_only`: the agent may look and not touch. */
  access: z.enum(["read_only", "read_write"]).optional(),
  /** Settings, hooks and servers that the workspace itself brings are loaded only where the profile says so too. */
  trust_settings: z.boolean().optional(),
});

export const sessionSettings = z.strictObject({
  driver: z.string().min(1).max(64).optional(),
  /** Narrower than the key's own profile, never wider. */
  profile: z.string().min(1).max(64).optional(),
  approvals: approvalSettings.optional(),
  workspace: workspaceSettings.optional(),
  /** Subagents and skills that the agent is given, by the names of `GET /v1/capabilities`. */
  capabilities: capabilityWish.optional(),
});
export type SessionSettings = z.infer<typeof sessionSettings>;

export const agentReference = z.union([
  id,
  z.object({ type: z.literal("agent"), id, version: z.int().min(1).optional() }),
  z.object({
    type: z.literal("agent_with_overrides"),
    id,
    version: z.int().min(1).optional(),
    ...agentOverrides.shape,
  }),
]);
/** How a session names its agent; with overrides, those hold for this session alone. */
export type SessionAgentReference = z.infer<typeof agentReference>;

export const sessionCreate = z.object({
  agent: agentReference,
  environment_id: id,
  title: title.optional(),
  metadata: metadata.optional(),
  resources: z.array(sessionResourceInput).max(500).optional(),
  vault_ids: z.array(id).max(50).optional(),
  budget: budgetLimit.nullish(),
  initial_events: z.array(initialInput).max(50).optional(),
  gantry: sessionSettings.optional(),
});
export type SessionCreate = z.infer<typeof sessionCreate>;

export const sessionUpdate = z.object({
  title: title.optional(),
  /** A patch: null removes a key. */
  metadata: z.record(z.string().min(1).max(64), z.string().max(512).nullable()).nullish(),
  /** Null removes it for good. */
  budget: budgetLimit.nullish(),
  /** Replaces the whole list; only while no turn is open. */
  agent: agentOverrides.pick({ tools: true, mcp_servers: true }).optional(),
  gantry: z.strictObject({ approvals: approvalSettings.optional() }).optional(),
});
export type SessionUpdate = z.infer<typeof sessionUpdate>;

/** The copy goes on after that event; without one, after the last. */
export const sessionFork = z.strictObject({ event_id: id.optional(), title: title.optional() });
export type SessionFork = z.infer<typeof sessionFork>;

/** What Gantry tells of a session besides the wire's fields. */
export interface SessionNotes extends SessionSettings {
  readonly project_id: string;
  /** Id of the key that made it. */
  readonly created_by: string;
  readonly driver: string;
  /** The wire's session has none: why it last came to rest. */
  readonly stop_reason: StopReason | null;
  /** Sequence of the last event. */
  readonly last_sequence: number;
  /** Inputs that wait for their turn. */
  readonly queued: number;
  readonly open_interactions: number;
  readonly workspace_id?: string;
  readonly forked_from?: { readonly session_id: string; readonly event_id: string | null };
}

export interface Session {
  readonly id: string;
  readonly type: "session";
  readonly status: SessionStatus;
  readonly title: string | null;
  readonly agent: SessionAgent;
  readonly environment_id: string;
  readonly deployment_id: null;
  readonly metadata: Record<string, string>;
  readonly resources: readonly SessionResource[];
  readonly vault_ids: readonly string[];
  readonly budget: SessionBudget | null;
  readonly outcome_evaluations: readonly [];
  readonly stats: { readonly active_seconds: number; readonly duration_seconds: number };
  readonly usage: SessionUsage;
  readonly created_at: string;
  readonly updated_at: string;
  readonly archived_at: string | null;
  readonly gantry: SessionNotes;
}

export interface DeletedSession {
  readonly id: string;
  readonly type: "session_deleted";
}
