import { builtInToolNames } from "@gantry/contracts/agent-tools";
import type { SessionAgent, ThreadAgent } from "@gantry/contracts/agents";
import { toProgramTool } from "../agents/built-in-tools.ts";
import type { RunCapabilities } from "../capabilities/run-capabilities.ts";
import { describeAgents, toAgentPage } from "../capabilities/to-agent-page.ts";

/** An agent that a session's own may call, by the name that the program has for it. */
export interface RosterAgent {
  readonly name: string;
  readonly agent: ThreadAgent;
}

/** The agents that `multiagent` gives a session, as they were when it was made. */
export function listRoster({ multiagent }: Pick<SessionAgent, "multiagent">): readonly RosterAgent[] {
  const roster: RosterAgent[] = [];
  for (const agent of listAgents(multiagent)) {
    const plain = toPlainName(agent.name);
    const taken = new Set(roster.map(({ name }) => name.toLowerCase()));
    let name = plain;
    for (let next = 2; taken.has(name.toLowerCase()); next++) name = `${plain}-${next}`;
    roster.push({ name, agent });
  }
  return roster;
}

function listAgents(multiagent: SessionAgent["multiagent"]): readonly ThreadAgent[] {
  if (multiagent === null) return [];
  if (multiagent.type === "multiagent_20261001") return multiagent.subagents.predefined_agents ?? [];
  return multiagent.agents.filter((entry) => entry.type === "agent");
}

/** What the name of a file can be made of, and what is a text in the head of a page. */
function toPlainName(name: string): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9_]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 100);
  const isText = /^[A-Za-z]/.test(plain) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(plain);
  return isText ? plain : `agent-${plain}`.replace(/-$/, "");
}

/** The program's own tools that an agent has. */
export function listEnabledTools({ tools }: Pick<ThreadAgent, "tools">): readonly string[] {
  const toolset = tools.find((tool) => tool.type === "agent_toolset_20260401");
  if (toolset?.type !== "agent_toolset_20260401") return [];
  const enabled = builtInToolNames.filter((name) => {
    const config = toolset.configs.find((one) => one.name === name) ?? toolset.default_config;
    return config.enabled && config.permission_policy.type !== "always_deny";
  });
  return enabled.map(toProgramTool);
}

const nothing: RunCapabilities = {
  agents: [],
  skills: [],
  mcpServers: [],
  instructions: undefined,
  tools: [],
  callable: { agents: [], skills: [] },
  description: "",
};

/** Adds the roster to what a session is given. It goes before a capability of the same name. */
export function giveRoster(
  given: RunCapabilities | undefined,
  roster: readonly RosterAgent[],
): RunCapabilities | undefined {
  if (roster.length === 0) return given;
  const { agents, tools, callable, description, ...rest } = given ?? nothing;
  const names = new Set(roster.map(({ name }) => name));
  const pages = roster.map(({ name, agent }) => ({
    name,
    description: agent.description ?? `The agent ${agent.name}.`,
    tools: listEnabledTools(agent),
    model: agent.model.id,
    prompt: agent.system ?? "Do what you are asked to do, and say at the end what you did and what you found.",
  }));
  const told = describeAgents(pages).join("\n");
  return {
    ...rest,
    agents: [
      ...agents.filter(({ name }) => !names.has(name)),
      ...pages.map((page) => ({ name: page.name, markdown: toAgentPage(page) })),
    ],
    tools: [...new Set([...tools, "Agent"])],
    callable: { ...callable, agents: [...new Set([...callable.agents, ...names])] },
    description: description === "" ? told : `${description}\n${told}`,
  };
}
