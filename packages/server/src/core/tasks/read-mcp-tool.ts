import type { SessionAgent } from "@gantry/contracts/agents";

/** A tool of an MCP server, as a task names it; `tool` is missing where it names all of the server. */
export interface McpToolName {
  readonly server: string;
  readonly tool?: string;
}

/** Reads `mcp__SERVER__TOOL`, `mcp__SERVER__*` and `mcp__SERVER`; undefined for any other name. */
export function readMcpTool(name: string): McpToolName | undefined {
  const parts = /^mcp__([A-Za-z0-9](?:_?[A-Za-z0-9-])*)(?:__([A-Za-z0-9_.-]{1,128}|\*))?$/.exec(name);
  const [, server, tool] = parts ?? [];
  if (server === undefined) return undefined;
  return tool === undefined || tool === "*" ? { server } : { server, tool };
}

/** The servers that a task names, each once. */
export function listMcpServers(tools: readonly string[]): readonly string[] {
  return [...new Set(tools.flatMap((name) => readMcpTool(name)?.server ?? []))];
}

const allowed = { permission_policy: { type: "always_allow" as const } };

/** What an agent has of them: the named tools, and no others of their servers. */
export function toMcpToolsets(tools: readonly string[]): SessionAgent["tools"] {
  const named = tools.flatMap((name) => readMcpTool(name) ?? []);
  return listMcpServers(tools).map((server) => {
    const own = named.filter((one) => one.server === server);
    return {
      type: "mcp_toolset",
      mcp_server_name: server,
      default_config: { enabled: own.some(({ tool }) => tool === undefined), ...allowed },
      configs: [...new Set(own.flatMap(({ tool }) => tool ?? []))].map((name) => ({ name, enabled: true, ...allowed })),
    };
  });
}
