import { z } from "zod";

/** Files that others write, as far as they are read here; what is not known in them is passed over. */

/** `skill.json`. */
export const legacySkillFile = z.object({
  description: z.string().default("No description"),
  command: z.string().min(1).max(1000).optional(),
  user_interface: z.object({ type: z.string().optional() }).optional(),
});

/** `.mcp.json`, and the agent program's own record of its settings. */
export const mcpServerFile = z.object({ mcpServers: z.record(z.string(), z.unknown()).optional() });
export const mcpServerEntry = z.object({
  type: z.enum(["http", "sse", "stdio"]).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional(),
  command: z.string().min(1).optional(),
});
