import { z } from "zod";

/** What agents that work here can be given: subagents, skills, commands, MCP servers and tools, as they were found. */

const shared = {
  name: z.string(),
  description: z.string(),
  origin: z.string().meta({
    description:
      "`settings` of the server, `user`, `project:NAME` of a registered directory, `plugin:NAME`, or `built_in` of the agent program.",
  }),
};

export const capabilities = z.strictObject({
  agents: z.array(
    z.strictObject({
      ...shared,
      tools: z.array(z.string()).meta({ description: "Empty where it has those of the run." }),
      model: z.string().meta({ description: "`inherit` where it is the run's." }),
    }),
  ),
  skills: z.array(z.strictObject({ ...shared, command: z.string() })),
  agents_count: z.int(),
  skills_count: z.int(),
  commands: z.array(z.strictObject({ ...shared, argument_hint: z.string() })),
  plugins: z.array(z.strictObject({ name: z.string(), version: z.string().nullable() })),
  mcp_servers: z.array(
    z.strictObject({ name: z.string(), transport: z.enum(["http", "sse", "stdio"]), origin: shared.origin }),
  ),
  tools: z.array(z.string()).meta({ description: "Of the agent program, as far as the key's profile allows them." }),
  broken: z
    .array(z.strictObject({ kind: z.string(), name: z.string(), origin: shared.origin, error: z.string() }))
    .meta({ description: "What was found and cannot be used, with the reason." }),
  program: z
    .strictObject({ name: z.string(), version: z.string().nullable() })
    .nullable()
    .meta({ description: "The agent program that told of itself; null where it could not be asked." }),
});
export type Capabilities = z.infer<typeof capabilities>;

const names = z.array(z.string().min(1).max(256)).max(100);

/** What a run is given besides its tools, by name. */
export const capabilityWish = z.strictObject({ agents: names.optional(), skills: names.optional() });
export type CapabilityWish = z.infer<typeof capabilityWish>;
