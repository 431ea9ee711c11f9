import { clientServer } from "./client-tools-server.ts";

/**
 * Arguments of a chat process: one long-lived stream-json session with no tools but the client's, no settings of the user
 * and no ambient MCP servers. Prompts never travel in the arguments. The user's and the project's settings are shut out by
 * `--setting-sources ""`, so the upstream request of a one-line chat stays near one kilobyte.
 */
export function toChatArguments(resume?: { readonly sessionId: string; readonly model: string }): string[] {
  const args = [
    "-p",
    "--input-format",
    "stream-json",
    "--output-format",
    "stream-json",
    "--verbose",
    "--include-partial-messages",
    "--tools",
    "",
    "--allowedTools",
    `mcp__${clientServer}__*`,
    "--strict-mcp-config",
    "--setting-sources",
    "",
    "--no-session-persistence",
  ];
  return resume === undefined ? args : [...args, "--model", resume.model, "--resume", resume.sessionId];
}
