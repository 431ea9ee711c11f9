import {
  type AgentTool,
  type AgentToolInput,
  type AgentToolset,
  type McpToolset,
  type McpToolsetInput,
  type PermissionPolicy,
  type ToolsetInput,
} from "@gantry/contracts/agent-tools";
import type { McpServerDefinition } from "@gantry/contracts/agents";
import { refuseField } from "../control/refusals.ts";

/** Fills in what the client left to defaults. Built-in tools run unasked where nothing else is said, tools of MCP servers ask. */
export function resolveTools(tools: readonly AgentToolInput[]): AgentTool[] {
  return tools.map((tool) => {
    if (tool.type === "custom") return tool;
    return tool.type === "mcp_toolset" ? resolveMcpToolset(tool) : resolveToolset(tool);
  });
}

/** Throws a `FailureError` where a toolset names a server that is not there, or a server is of no use to any toolset. */
export function requireServersForToolsets(
  tools: readonly AgentTool[],
  servers: readonly Pick<McpServerDefinition, "name">[],
): void {
  const named = tools.flatMap((tool, index) =>
    tool.type === "mcp_toolset" ? [{ server: tool.mcp_server_name, index }] : [],
  );
  const orphan = named.find(({ server }) => !servers.some(({ name }) => name === server));
  if (orphan !== undefined) {
    throw refuseField(
      `tools[${orphan.index}].mcp_server_name`,
      `expected the name of an entry of mcp_servers, got ${JSON.stringify(orphan.server)}`,
    );
  }
  const unused = servers.findIndex(({ name }) => !named.some(({ server }) => server === name));
  if (unused !== -1) {
    throw refuseField(
      `mcp_servers[${unused}]`,
      `no mcp_toolset of tools names the server ${JSON.stringify(servers[unused]?.name)}; add one, or leave it out`,
    );
  }
}

interface Switch {
  readonly enabled?: boolean | null | undefined;
  readonly permission_policy?: PermissionPolicy | null | undefined;
}

interface ResolvedSwitch {
  readonly enabled: boolean;
  readonly permission_policy: PermissionPolicy;
}

function resolveSwitch(given: Switch | null | undefined, fallback: ResolvedSwitch): ResolvedSwitch {
  return {
    enabled: given?.enabled ?? fallback.enabled,
    permission_policy: given?.permission_policy ?? fallback.permission_policy,
  };
}

function resolveToolset({ default_config, configs = [] }: ToolsetInput): AgentToolset {
  const base = resolveSwitch(default_config, { enabled: true, permission_policy: { type: "always_allow" } });
  return {
    type: "agent_toolset_20260401",
    default_config: base,
    configs: configs.map((config) => ({
      name: config.name,
      type: config.name,
      ...resolveSwitch(config, base),
      ...("allowed_domains" in config && config.allowed_domains && { allowed_domains: config.allowed_domains }),
      ...("blocked_domains" in config && config.blocked_domains && { blocked_domains: config.blocked_domains }),
      ...(config.name === "web_fetch" && { url_sources: null }),
    })),
  };
}

function resolveMcpToolset({ mcp_server_name, default_config, configs = [] }: McpToolsetInput): McpToolset {
  const base = resolveSwitch(default_config, { enabled: true, permission_policy: { type: "always_ask" } });
  return {
    type: "mcp_toolset",
    mcp_server_name,
    default_config: base,
    configs: configs.map((config) => ({ name: config.name, ...resolveSwitch(config, base) })),
  };
}
