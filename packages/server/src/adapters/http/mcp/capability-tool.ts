import { z } from "zod";
import type { CapabilityService } from "../../../core/capabilities/capability-service.ts";
import { defineTool, type McpTool } from "./mcp-tool.ts";

export function createCapabilityTool(capabilities: Pick<CapabilityService, "list">): McpTool {
  return defineTool({
    name: "list_capabilities",
    description:
      "List the agents, skills, commands, MCP servers and tools that a task can be given, as far as the key's profile lets them be seen.",
    access: "any",
    input: z.strictObject({}),
    readOnly: true,
    run: async ({ principal }) => ({ value: { ...(await capabilities.list(principal)) } }),
  });
}
