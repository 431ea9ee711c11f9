import { z } from "zod";
import { agentTool, agentToolInput, builtInToolNames, type AgentToolInput } from "./agent-tools.ts";
import { metadata, metadataInput, metadataPatch, timestamp } from "./managed-fields.ts";

/** Agents of the managed API: what a session is made after. A change makes the next version; sessions keep the one they began with. */

const efforts = ["low", "medium", "high", "xhigh", "max"] as const;

/** A text that stands for an object of one field; the OpenAPI document knows by `x-short` that there may be one. */
const short = <Schema extends z.ZodType>(field: string, schema: Schema) =>
  z.preprocess((value) => (typeof value === "string" ? { [field]: value } : value), schema).meta({ "x-short": field });

export const modelInput = short(
  "id",
  z.strictObject({
    id: z.string().min(1).max(256),
    effort: short("type", z.strictObject({ type: z.enum(efforts) }))
      .nullable()
      .optional(),
    speed: z.enum(["standard", "fast"]).nullable().optional(),
    inference_geo: z.string().min(1).max(64).nullable().optional(),
  }),
);

const modelConfig = z.strictObject({
  id: z.string(),
  effort: z.strictObject({ type: z.enum(efforts) }).optional(),
  speed: z.enum(["standard", "fast"]).optional(),
  inference_geo: z.string().optional(),
});
export type ModelConfig = z.infer<typeof modelConfig>;
export type ModelInput = z.infer<typeof modelInput>;

export const mcpServerInput = z.strictObject({
  type: z.literal("url"),
  name: z.string().min(1).max(255),
  url: z.url({ protocol: /^https?$/, error: "an http or https address" }).max(2048),
});
export type McpServerDefinition = z.infer<typeof mcpServerInput>;

export const skillInput = z.strictObject({
  type: z.enum(["anthropic", "custom"]),
  skill_id: z.string().min(1).max(128),
  version: z.string().min(1).max(128).nullable().optional(),
});
const skillReference = z.strictObject({
  type: z.enum(["anthropic", "custom"]),
  skill_id: z.string(),
  version: z.string(),
});
export type SkillReference = z.infer<typeof skillReference>;

const version = z.int().min(1).max(1_000_000_000);
const idText = z.string().min(1).max(128);
/** One agent of a roster: by id, in one version, or the agent itself. */
const agentReferenceInput = short(
  "id",
  z
    .strictObject({
      type: z.enum(["agent", "self"]).default("agent"),
      id: idText.optional(),
      version: version.optional(),
    })
    .refine(({ type, id }) => (type === "self") === (id === undefined), "an `id`, or the type `self`"),
);
const rosterEntryInput = short(
  "id",
  z
    .strictObject({
      type: z.enum(["agent", "self", "advisor"]).default("agent"),
      id: idText.optional(),
      version: version.optional(),
      model: idText.optional(),
    })
    .refine(({ type, id }) => (type === "agent") === (id !== undefined), "an `id`, or the type `self` or `advisor`")
    .refine(({ type, model }) => (type === "advisor") === (model !== undefined), "a `model` for an advisor alone"),
);
export type RosterEntryInput = z.infer<typeof rosterEntryInput>;

const switchInput = z.strictObject({ type: z.enum(["enabled", "disabled"]) });
const subagentsInput = z.strictObject({
  type: z.enum(["enabled", "disabled"]),
  inline_agents: switchInput.nullable().optional(),
  predefined_agents: z.array(agentReferenceInput).max(20).nullable().optional(),
});
const advisorInput = z
  .strictObject({ type: z.enum(["enabled", "disabled"]), model: idText.optional() })
  .refine(({ type, model }) => (type === "enabled") === (model !== undefined), "a `model` where it is enabled");

export const multiagentInput = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("coordinator"), agents: z.array(rosterEntryInput).min(1).max(20) }),
  z.strictObject({
    type: z.literal("multiagent_20261001"),
    subagents: subagentsInput.nullable().optional(),
    workflows: subagentsInput.nullable().optional(),
    advisor: advisorInput.nullable().optional(),
  }),
]);
export type MultiagentInput = z.infer<typeof multiagentInput>;

const agentReference = z.strictObject({ type: z.literal("agent"), id: z.string(), version: z.int() });
export type AgentReference = z.infer<typeof agentReference>;
const advisor = z.strictObject({ type: z.literal("advisor"), model: z.string() });
export type Advisor = z.infer<typeof advisor>;

const subagentsOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.strictObject({
    type: z.enum(["enabled", "disabled"]),
    inline_agents: switchInput.optional(),
    predefined_agents: z.array(entry).optional(),
  });
const multiagentOf = <Entry extends z.ZodType>(entry: Entry) =>
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("coordinator"), agents: z.array(z.union([entry, advisor])) }),
    z.strictObject({
      type: z.literal("multiagent_20261001"),
      subagents: subagentsOf(entry),
      workflows: subagentsOf(entry),
      advisor: z.strictObject({ type: z.enum(["enabled", "disabled"]), model: z.string().optional() }),
    }),
  ]);
export const multiagent = multiagentOf(agentReference);
export type Multiagent = z.infer<typeof multiagent>;

const executionIdentityInput = z.strictObject({ type: z.literal("service_account") });

const name = z.string().min(1).max(256);
const description = z.string().max(2048);
const system = z.string().max(100_000);
const mostTools = 256;
const tools = z
  .array(agentToolInput)
  .max(mostTools)
  .refine((list) => countTools(list) <= mostTools, `at most ${mostTools} tools over all toolsets`)
  .refine((list) => list.filter(({ type }) => type === "agent_toolset_20260401").length <= 1, "one agent toolset")
  .refine(
    (list) => isEachOnce(list.flatMap((tool) => (tool.type === "custom" ? [tool.name] : []))),
    "each custom tool once",
  )
  .refine(
    (list) => isEachOnce(list.flatMap((tool) => (tool.type === "mcp_toolset" ? [tool.mcp_server_name] : []))),
    "one toolset for each MCP server",
  );
const mcpServers = z
  .array(mcpServerInput)
  .max(20)
  .refine((list) => isEachOnce(list.map((server) => server.name)), "each name once");
const skills = z
  .array(skillInput)
  .max(20)
  .refine((list) => isEachOnce(list.map((skill) => skill.skill_id)), "each skill once");

function countTools(list: readonly AgentToolInput[]): number {
  return list
    .map((tool) => {
      if (tool.type === "custom") return 1;
      return tool.type === "mcp_toolset" ? (tool.configs?.length ?? 0) : builtInToolNames.length;
    })
    .reduce((sum, count) => sum + count, 0);
}

function isEachOnce(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

export const agentInput = z.strictObject({
  name,
  model: modelInput,
  description: description.nullable().optional(),
  system: system.nullable().optional(),
  tools: tools.nullable().optional(),
  mcp_servers: mcpServers.nullable().optional(),
  skills: skills.nullable().optional(),
  multiagent: multiagentInput.nullable().optional(),
  execution_identity: executionIdentityInput.nullable().optional(),
  metadata: metadataInput.optional(),
});
export type AgentInput = z.infer<typeof agentInput>;

/** What is missing stays as it is; null and an empty list clear. */
export const agentUpdate = z.strictObject({
  ...agentInput.omit({ metadata: true }).partial().shape,
  metadata: metadataPatch.nullable().optional(),
  /** The version that the change is made to: another one that came in between is a conflict. */
  version: version.optional(),
});
export type AgentUpdate = z.infer<typeof agentUpdate>;

/** What sessions may replace of the agent they are made after. What is missing is taken over; null and an empty list clear. */
export const agentOverrides = z.strictObject({
  ...agentInput.pick({ system: true, tools: true, mcp_servers: true, skills: true }).shape,
  model: modelInput.optional(),
});
export type AgentOverrides = z.infer<typeof agentOverrides>;

const core = {
  id: z.string(),
  type: z.literal("agent"),
  version: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  model: modelConfig,
  system: z.string().nullable(),
  tools: z.array(agentTool),
  mcp_servers: z.array(mcpServerInput),
  skills: z.array(skillReference),
  execution_identity: executionIdentityInput,
};

export const agent = z.strictObject({
  ...core,
  multiagent: multiagent.nullable(),
  metadata,
  created_at: timestamp,
  updated_at: timestamp,
  archived_at: timestamp.nullable(),
});
/** An agent in one version, with nothing left to a default. */
export type Agent = z.infer<typeof agent>;

/** An agent as a thread of a session runs it. */
export const threadAgent = z.strictObject(core);
export type ThreadAgent = z.infer<typeof threadAgent>;

/** An agent as a session keeps it: what it was when the session was made, with the agents it may call written out. */
export const sessionAgent = z.strictObject({ ...core, multiagent: multiagentOf(threadAgent).nullable() });
export type SessionAgent = z.infer<typeof sessionAgent>;
