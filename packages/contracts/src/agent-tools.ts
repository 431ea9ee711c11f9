import { z } from "zod";

/** The tools of an agent: those that Gantry's agent programs bring, those of MCP servers, and those that the client runs. */

/** The names that the wire has for what agent programs bring. */
export const builtInToolNames = ["bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search"] as const;
export type BuiltInToolName = (typeof builtInToolNames)[number];

/**
 * What happens before a call: `always_allow`, `always_ask` (a person has to say yes), `auto` (as the key's profile decides; asked
 * where that does not), and, ours alone, `always_deny`. A profile that denies or asks always wins.
 */
export const permissionPolicy = z.strictObject({ type: z.enum(["always_allow", "always_ask", "auto", "always_deny"]) });
export type PermissionPolicy = z.infer<typeof permissionPolicy>;

const domains = z.array(z.string().min(1).max(255)).max(64);
const toolSwitch = {
  enabled: z.boolean().nullable().optional(),
  permission_policy: permissionPolicy.nullable().optional(),
};
const plainToolInput = <Name extends BuiltInToolName>(name: Name) =>
  z.strictObject({ name: z.literal(name), type: z.literal(name).optional(), ...toolSwitch });
const webToolInput = <Name extends "web_fetch" | "web_search">(name: Name) =>
  plainToolInput(name)
    .extend({ allowed_domains: domains.optional(), blocked_domains: domains.optional() })
    .refine((value) => value.allowed_domains === undefined || value.blocked_domains === undefined, {
      message: "either `allowed_domains` or `blocked_domains`",
      path: ["blocked_domains"],
    });

const once = <Item extends { readonly name: string }>(items: readonly Item[]) =>
  new Set(items.map(({ name }) => name)).size === items.length;

const toolsetInput = z.strictObject({
  type: z.literal("agent_toolset_20260401"),
  default_config: z.strictObject(toolSwitch).nullable().optional(),
  configs: z
    .array(
      z.discriminatedUnion("name", [
        plainToolInput("bash"),
        plainToolInput("read"),
        plainToolInput("write"),
        plainToolInput("edit"),
        plainToolInput("glob"),
        plainToolInput("grep"),
        webToolInput("web_fetch"),
        webToolInput("web_search"),
      ]),
    )
    .max(builtInToolNames.length)
    .refine(once, "each tool once")
    .optional(),
});

const mcpToolsetInput = z.strictObject({
  type: z.literal("mcp_toolset"),
  mcp_server_name: z.string().min(1).max(255),
  default_config: z.strictObject(toolSwitch).nullable().optional(),
  configs: z
    .array(z.strictObject({ name: z.string().min(1).max(255), ...toolSwitch }))
    .max(256)
    .refine(once, "each tool once")
    .optional(),
});

/** JSON Schema of type object; everything else in it is the client's affair. */
const inputSchema = z.looseObject({
  type: z.literal("object"),
  properties: z.record(z.string(), z.unknown()).nullable().optional(),
  required: z.array(z.string()).nullable().optional(),
});

export const customTool = z.strictObject({
  type: z.literal("custom"),
  name: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[A-Za-z0-9_-]+$/, "letters, digits, _ and - only"),
  description: z.string().max(10_000),
  input_schema: inputSchema,
});

export const agentToolInput = z.discriminatedUnion("type", [toolsetInput, mcpToolsetInput, customTool]);
export type AgentToolInput = z.infer<typeof agentToolInput>;
export type ToolsetInput = z.infer<typeof toolsetInput>;
export type McpToolsetInput = z.infer<typeof mcpToolsetInput>;

const resolved = { enabled: z.boolean(), permission_policy: permissionPolicy };
const toolConfig = z.strictObject({
  name: z.enum(builtInToolNames),
  type: z.enum(builtInToolNames),
  ...resolved,
  /** Of `web_fetch` and `web_search`: the only hosts that may be asked, or those that may not. */
  allowed_domains: domains.optional(),
  blocked_domains: domains.optional(),
  /** Of `web_fetch`: always null, since no source is kept from it. */
  url_sources: z.null().optional(),
});
export type ToolConfig = z.infer<typeof toolConfig>;

/** As answered and stored: nothing is left to a default. */
const agentToolset = z.strictObject({
  type: z.literal("agent_toolset_20260401"),
  default_config: z.strictObject(resolved),
  configs: z.array(toolConfig),
});
const mcpToolset = z.strictObject({
  type: z.literal("mcp_toolset"),
  mcp_server_name: z.string(),
  default_config: z.strictObject(resolved),
  configs: z.array(z.strictObject({ name: z.string(), ...resolved })),
});
export type AgentToolset = z.infer<typeof agentToolset>;
export type McpToolset = z.infer<typeof mcpToolset>;
export type CustomToolDefinition = z.infer<typeof customTool>;

export const agentTool = z.discriminatedUnion("type", [agentToolset, mcpToolset, customTool]);
export type AgentTool = z.infer<typeof agentTool>;
