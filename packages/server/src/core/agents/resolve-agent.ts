import type {
  AgentInput,
  AgentOverrides,
  AgentUpdate,
  ModelConfig,
  ModelInput,
  SkillReference,
} from "@gantry/contracts/agents";
import type { MetadataPatch, Metadata } from "@gantry/contracts/managed-fields";
import type { AgentBody } from "../ports/agent-store.ts";
import { refuseField } from "../control/refusals.ts";
import { type FindAgent, resolveMultiagent, type Self } from "./resolve-multiagent.ts";
import { requireServersForToolsets, resolveTools } from "./resolve-tools.ts";

/** Where the client named no version of a skill. */
const latest = "latest";
const mostPairs = 16;

/** What a new agent is with everything filled in. Throws a `FailureError`. */
export async function resolveAgent(input: AgentInput, self: Self, find: FindAgent): Promise<AgentBody> {
  const body: AgentBody = {
    name: input.name,
    model: toModelConfig(input.model),
    description: input.description ?? null,
    system: input.system ?? null,
    tools: resolveTools(input.tools ?? []),
    mcp_servers: input.mcp_servers ?? [],
    skills: toSkills(input.skills),
    multiagent: input.multiagent ? await resolveMultiagent(input.multiagent, self, find) : null,
    execution_identity: { type: "service_account" },
    metadata: input.metadata ?? {},
  };
  requireServersForToolsets(body.tools, body.mcp_servers);
  return body;
}

/** What an agent is after a change: what is not named stays. Throws a `FailureError`. */
export async function changeAgent(
  body: AgentBody,
  update: AgentUpdate,
  self: Self,
  find: FindAgent,
): Promise<AgentBody> {
  const { multiagent } = update;
  const changed: AgentBody = {
    ...overrideAgent(body, update),
    name: update.name ?? body.name,
    description: update.description === undefined ? body.description : update.description,
    multiagent:
      multiagent === undefined
        ? body.multiagent
        : multiagent === null
          ? null
          : await resolveMultiagent(multiagent, self, find),
    metadata: patchMetadata(body.metadata, update.metadata),
  };
  return changed;
}

/** The parts that sessions may replace as well. Throws a `FailureError` where they do not fit together any more. */
export function overrideAgent<Body extends Pick<AgentBody, "model" | "system" | "tools" | "mcp_servers" | "skills">>(
  body: Body,
  overrides: AgentOverrides,
): Body {
  const changed = {
    ...body,
    model: overrides.model === undefined ? body.model : toModelConfig(overrides.model),
    system: overrides.system === undefined ? body.system : overrides.system,
    tools: overrides.tools === undefined ? body.tools : resolveTools(overrides.tools ?? []),
    mcp_servers: overrides.mcp_servers === undefined ? body.mcp_servers : (overrides.mcp_servers ?? []),
    skills: overrides.skills === undefined ? body.skills : toSkills(overrides.skills),
  };
  requireServersForToolsets(changed.tools, changed.mcp_servers);
  return changed;
}

/** Null takes a pair away. Throws a `FailureError` where more pairs than may be are left. */
export function patchMetadata(metadata: Metadata, patch: MetadataPatch | null | undefined): Record<string, string> {
  const changed = new Map(Object.entries(metadata));
  for (const [key, value] of Object.entries(patch ?? {})) {
    if (value === null) changed.delete(key);
    else changed.set(key, value);
  }
  if (changed.size > mostPairs)
    throw refuseField("metadata", `expected at most ${mostPairs} pairs, got ${changed.size}`);
  return Object.fromEntries(changed);
}

/** A model is always told as an object, without what was not given. */
function toModelConfig({ id, effort, speed, inference_geo }: ModelInput): ModelConfig {
  return {
    id,
    ...(effort && { effort }),
    ...(speed && { speed }),
    ...(inference_geo && { inference_geo }),
  };
}

function toSkills(skills: AgentInput["skills"]): SkillReference[] {
  return (skills ?? []).map(({ type, skill_id, version }) => ({ type, skill_id, version: version ?? latest }));
}
