import { z } from "zod";

/** Without two underscores in a row: those part the server from its tool in `mcp__SERVER__TOOL`. */
export const mcpServerName = z
  .string()
  .max(40)
  .regex(/^[A-Za-z0-9](?:_?[A-Za-z0-9-])*$/, "a name of letters, digits, dashes and single underscores");

/** MCP servers that keys may be given, besides those that were found with the owner. None of it is a secret from the agent. */
export const mcpServerSettings = z.record(
  mcpServerName,
  z.union([
    /** A program that runs with the agent, within its walls. */
    z.strictObject({
      command: z.string().min(1).max(1024),
      args: z.array(z.string().max(32_768)).max(100).default([]),
      env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(32_768)).default({}),
    }),
    z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2048) }),
  ]),
);
export type McpServerSettings = z.output<typeof mcpServerSettings>;
