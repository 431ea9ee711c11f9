import { type BuiltInToolName, builtInToolNames } from "@gantry/contracts/agent-tools";
import type { SessionAgent } from "@gantry/contracts/agents";
import type { SessionResourceInput } from "@gantry/contracts/session-resources";
import type { Principal } from "../access/principal.ts";
import { toProgramTool } from "../agents/built-in-tools.ts";
import { toActor } from "../control/actor.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import { listMcpServers, toMcpToolsets } from "./read-mcp-tool.ts";
import type { TaskParts } from "./task-parts.ts";
import type { TaskRecord } from "./task-record.ts";

/** The wire's name of a tool of the agent program; undefined for one that cannot be given to a task. */
export function toTaskTool(name: string): BuiltInToolName | undefined {
  return builtInToolNames.find((wireName) => toProgramTool(wireName) === name || wireName === name);
}

/** The session of a task: found where a worker before has made it. Rejects with a `FailureError`. */
export async function findTaskSession(
  { sessions, store, holdsCosts }: TaskParts,
  { body }: TaskRecord,
  principal: Principal,
): Promise<SessionRecord> {
  const found = await store.find(body.sessionId);
  if (found !== undefined) return found;
  const { input } = body;
  const { allow_agents: agents, allow_skills: skills, working_directory: directory, repository } = input;
  const cents = String(Math.max(1, Math.ceil(input.max_cost * 100)));
  const caller = { principal, actor: toActor(principal, null) };
  await sessions.service.createGiven(
    caller,
    {
      title: input.description.slice(0, 200),
      ...(holdsCosts && { budget: { type: "limit", max_list_cost: { amount: cents, currency: "USD" } } }),
      resources: [...toRepository(input), ...input.input_files.map(toFile)],
      initial_events: [{ type: "user.message", content: [{ type: "text", text: input.description }] }],
      gantry: {
        ...(typeof directory === "string" && !repository && { workspace: { directory } }),
        ...((agents.length > 0 || skills.length > 0) && { capabilities: { agents, skills } }),
      },
    },
    {
      id: body.sessionId,
      agent: toAgent(body),
      limitMicros: Math.round(input.max_cost * 1_000_000),
      mcpServers: listMcpServers(input.allow_tools),
      ...(body.plainSchema !== undefined && { outputSchema: body.plainSchema }),
    },
  );
  const made = await store.find(body.sessionId);
  if (made === undefined) throw new Error("a session that was made is not there");
  return made;
}

function toFile({ file_id, path }: TaskRecord["body"]["input"]["input_files"][number]): SessionResourceInput {
  return { type: "file", file_id, mount_path: `/workspace/${path}` };
}

function toRepository({ repository }: TaskRecord["body"]["input"]): SessionResourceInput[] {
  if (!repository) return [];
  const { url, checkout = null } = typeof repository === "string" ? { url: repository } : repository;
  return [{ type: "github_repository", url, checkout }];
}

/** It has the tools that the task names and no others. */
function toAgent({ input, model }: TaskRecord["body"]): SessionAgent {
  const permission = { permission_policy: { type: "always_allow" as const } };
  const names = new Set(input.allow_tools.flatMap((name) => toTaskTool(name) ?? []));
  return {
    id: "agent_of_a_task",
    type: "agent",
    version: 1,
    name: "task",
    description: null,
    model: { id: model },
    system: null,
    tools: [
      {
        type: "agent_toolset_20260401",
        default_config: { enabled: false, ...permission },
        configs: [...names].map((name) => ({ name, type: name, enabled: true, ...permission })),
      },
      ...toMcpToolsets(input.allow_tools),
    ],
    mcp_servers: [],
    skills: [],
    execution_identity: { type: "service_account" },
    multiagent: null,
  };
}
