import type { PermissionProfile } from "@gantry/contracts/access";
import type { PermissionPolicy } from "@gantry/contracts/agent-tools";
import type { SessionAgent } from "@gantry/contracts/agents";
import type { Permission } from "@gantry/contracts/session-events";
import { decideTool } from "../access/decide-tool.ts";
import { type Decision, toAllowed, toDenied, toShown } from "../access/decision.ts";
import type { RunCapabilities } from "../capabilities/run-capabilities.ts";
import { toWireTool } from "../agents/built-in-tools.ts";
import type { ToolCall } from "../ports/work-driver.ts";
import { judgeDomains, type DomainLists } from "./judge-domains.ts";
import { readMainArgument } from "./main-argument.ts";
import type { Grant } from "./session-state.ts";

export interface CallJudges {
  /** That of the key, and that of the session where it names one: the strictest decides. */
  readonly profiles: readonly PermissionProfile[];
  readonly agent: Pick<SessionAgent, "tools">;
  /** Subagents and skills that the session was given, by the names that the program has for them. */
  readonly callable?: RunCapabilities["callable"] | undefined;
  /** What a person has allowed for the rest of the session. */
  readonly grants: readonly Grant[];
}

export interface Judgement {
  readonly permission: Permission;
  /** Where it was decided: `profile: toolRules[2]`, `agent: always_ask`, `session: intr_…`. */
  readonly rule: string;
  readonly reason: string;
}

const strictness: Readonly<Record<Permission, number>> = { allow: 0, ask: 1, deny: 2 };

/**
 * What is to be done with a tool call: a profile that denies or asks always wins, then the agent's own policy. What a person allowed for the rest of
 * the session is not asked again, and never lets through what is denied. Pure, and the only place that decides.
 */
export function judgeCall(call: ToolCall, { profiles, agent, grants, callable }: CallJudges): Judgement {
  // The client runs it and may refuse it by its own result.
  if (call.kind === "custom")
    return { permission: "allow", rule: "agent: custom", reason: "The client runs this tool." };
  const said = profiles.map((profile) => toJudgement("profile", decideCall(call, profile, callable))).reduce(stricter);
  const judged = stricter(said, judgeByAgent(call, agent, said));
  if (judged.permission !== "ask") return judged;
  const grant = grants.find((one) => one.tool === call.tool);
  if (grant === undefined) return judged;
  return {
    permission: "allow",
    rule: `session: ${grant.interactionId}`,
    reason: "A person allowed the like for this session.",
  };
}

/** A subagent or a skill that the session was given was allowed by its name; what blocks the tool itself, or asks, still does. */
function decideCall(call: ToolCall, profile: PermissionProfile, callable: CallJudges["callable"]): Decision {
  const tool = toProfileTool(call);
  const said = decideTool(profile, { kind: "tool", tool, ...readMainArgument(call.tool, call.input) });
  const named = callable && readNamed(call, callable);
  if (named === undefined) return said;
  if (!named.given.includes(named.name)) {
    return toDenied("capabilities", `The ${named.kind} ${toShown(named.name)} was not given to this session.`);
  }
  return said.rule === "default" ? toAllowed("capabilities", `The ${named.kind} was given to this session.`) : said;
}

/** Which subagent or skill a call of the program's own tools is about. */
function readNamed({ tool, kind, input }: ToolCall, { agents, skills }: NonNullable<CallJudges["callable"]>) {
  if (kind !== "built_in") return undefined;
  const read = (field: string): string => {
    const value = input[field];
    return typeof value === "string" ? value.replace(/^\//, "") : "";
  };
  if (tool === "Agent" || tool === "Task") return { kind: "agent", name: read("subagent_type"), given: agents };
  return tool === "Skill" ? { kind: "skill", name: read("skill"), given: skills } : undefined;
}

/** As profiles name it. */
function toProfileTool({ tool, kind, mcpServer = "" }: ToolCall): string {
  return kind === "mcp" && !tool.startsWith("mcp__") ? `mcp__${mcpServer}__${tool}` : tool;
}

function toJudgement(where: string, { action, rule, reason }: Decision): Judgement {
  return { permission: action, rule: `${where}: ${rule}`, reason };
}

function stricter(left: Judgement, right: Judgement): Judgement {
  return strictness[right.permission] > strictness[left.permission] ? right : left;
}

function judgeByAgent(call: ToolCall, agent: CallJudges["agent"], said: Judgement): Judgement {
  const found = findPolicy(call, agent);
  // What an agent brings of its own and the wire has no name for, such as its list of things to do.
  if (found === undefined) return said;
  const { enabled, policy, domains = {} } = found;
  if (!enabled) return { permission: "deny", rule: "agent: enabled", reason: "The agent does not have this tool." };
  const outside = judgeDomains(domains, call);
  if (outside !== undefined) return { permission: "deny", rule: "agent: domains", reason: outside };
  const rule = `agent: ${policy.type}`;
  switch (policy.type) {
    case "always_deny":
      return { permission: "deny", rule, reason: "The agent's policy denies this tool." };
    case "always_ask":
      return { permission: "ask", rule, reason: "The agent's policy asks a person about this tool." };
    case "always_allow":
    case "auto":
      return said;
  }
}

interface FoundPolicy {
  readonly enabled: boolean;
  readonly policy: PermissionPolicy;
  readonly domains?: DomainLists;
}

function findPolicy(call: ToolCall, { tools }: CallJudges["agent"]): FoundPolicy | undefined {
  if (call.kind === "mcp") {
    const server = call.mcpServer ?? "";
    const toolset = tools.find((tool) => tool.type === "mcp_toolset" && tool.mcp_server_name === server);
    if (toolset?.type !== "mcp_toolset") return { enabled: false, policy: { type: "always_deny" } };
    const name = toPlainName(call.tool, server);
    const config = toolset.configs.find((one) => one.name === name) ?? toolset.default_config;
    return { enabled: config.enabled, policy: config.permission_policy };
  }
  const name = toWireTool(call.tool);
  if (name === undefined) return undefined;
  const toolset = tools.find((tool) => tool.type === "agent_toolset_20260401");
  if (toolset?.type !== "agent_toolset_20260401") return { enabled: false, policy: { type: "always_deny" } };
  const own = toolset.configs.find((one) => one.name === name);
  const config = own ?? toolset.default_config;
  return { enabled: config.enabled, policy: config.permission_policy, ...(own !== undefined && { domains: own }) };
}

/** The tool's name as its server has it. */
export function toPlainName(tool: string, server: string): string {
  const prefix = `mcp__${server}__`;
  return tool.startsWith(prefix) ? tool.slice(prefix.length) : tool;
}
