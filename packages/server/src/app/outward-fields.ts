import { egressSettings } from "@gantry/contracts/egress";
import { mcpServerSettings } from "@gantry/contracts/mcp-servers";
import { webhookSettings } from "@gantry/contracts/webhooks";
import { structure, text } from "./config-field.ts";

/** The settings of what comes in from the owner, and of what goes out but calls of models. */
export const outwardFields = {
  claudeHome: text({
    environment: "GANTRY_CLAUDE_HOME",
    expected: "a folder, or `none`",
    fallback: { computed: "CLAUDE_CONFIG_DIR, else ~/.claude" },
    meaning:
      "The owner's configuration of the CLI, whose agents, skills, commands and plugins keys may be given; `none` offers none of it: see [Capabilities](capabilities.md).",
  }),
  mcpServers: structure({
    environment: "GANTRY_MCP_SERVERS",
    schema: mcpServerSettings,
    expected: 'servers such as {"notes":{"command":"/usr/local/bin/notes-mcp","args":["--read-only"]}}',
    fallback: mcpServerSettings.parse({}),
    meaning:
      "MCP servers that keys may be given, besides those of the owner: programs that run within the walls of the agent, or addresses: see [Capabilities](capabilities.md).",
  }),
  egress: structure({
    environment: "GANTRY_EGRESS",
    schema: egressSettings,
    expected: 'settings such as {"gateways":{"npm":{"url":"https://npm.example.com","variable":"NPM_TOKEN"}}}',
    fallback: { computed: "no private host, no gateway and no credential" },
    meaning:
      "What programs behind walls reach besides the hosts of their profile, and within which bounds: see [Egress](egress.md).",
  }),
  webhooks: structure({
    environment: "GANTRY_WEBHOOKS",
    schema: webhookSettings,
    expected: 'settings such as {"privateHosts":["hooks.internal:8080"],"publicUrl":"https://gantry.example.com"}',
    fallback: webhookSettings.parse({}),
    meaning:
      "Where webhooks may go besides public addresses, how long an attempt may take, and where people reach this server by their links: see [Webhooks](webhooks.md).",
  }),
} as const;
