import { longestWaitMs, type ClaudeUpstream } from "../claude-environment.ts";

/**
 * The whole environment of a process that works, besides its home and path.
 * `CLAUDE_CODE_DISABLE_BACKGROUND_TASKS` keeps commands and subagents within the turn that started them: the CLI would begin turns
 * of its own when they end. `CLAUDE_AGENT_SDK_MCP_NO_PREFIX` gives the client's tools their own names; `ENABLE_TOOL_SEARCH` off offers
 * all of them at once. For the others see `claude-environment.ts`.
 */
export function toWorkEnvironment(upstream: ClaudeUpstream): Record<string, string> {
  return {
    ...upstream.variables,
    CLAUDE_AGENT_SDK_MCP_NO_PREFIX: "1",
    CLAUDE_CODE_ATTRIBUTION_HEADER: "0",
    CLAUDE_CODE_DISABLE_ATTACHMENTS: "1",
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
    CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: String(upstream.retries),
    DISABLE_AUTOUPDATER: "1",
    ENABLE_TOOL_SEARCH: "false",
    MCP_TOOL_TIMEOUT: String(longestWaitMs),
  };
}
