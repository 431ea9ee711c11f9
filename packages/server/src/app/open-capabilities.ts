import { randomUUID } from "node:crypto";
import type { McpServerSettings } from "@gantry/contracts/mcp-servers";
import { createCapabilityFiles } from "../adapters/capabilities/create-capability-files.ts";
import { createClaudeReporter } from "../adapters/drivers/claude/claude-reporter.ts";
import { type CapabilityService, createCapabilityService } from "../core/capabilities/capability-service.ts";
import type { ServerDefinition } from "../core/capabilities/definition.ts";
import type { ProjectDirectory } from "../core/ports/capability-files.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { ProcessHost } from "../core/ports/process-host.ts";
import type { DirectoryService } from "../core/workspaces/directory-service.ts";
import type { Config } from "./config.ts";

export interface CapabilitySettings {
  readonly config: Pick<Config, "claudeHome" | "mcpServers" | "deadlines">;
  readonly claude: { readonly path: string };
  readonly host: ProcessHost;
  readonly directories: Pick<DirectoryService, "list">;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OpenCapabilities {
  readonly service: CapabilityService;
  /** May be called twice. */
  stop(): void;
}

const pageSize = 200;

/** Builds what finds agents and skills: those of the owner, of plugins, of registered directories and of the agent program itself. */
export function openCapabilities(settings: CapabilitySettings): OpenCapabilities {
  const { config, claude, host, clock, log } = settings;
  const { configDirectory, stateFile } = config.claudeHome;
  const files = createCapabilityFiles({ configDirectory, stateFile, clock });
  const service = createCapabilityService({
    files,
    program: createClaudeReporter({
      host,
      binary: claude.path,
      startMs: config.deadlines.startMs,
      createId: randomUUID,
      clock,
      log,
    }),
    servers: Object.entries(config.mcpServers).map(([name, server]) => toServer(name, server)),
    directories: () => listDirectories(settings.directories),
    log,
  });
  return { service, stop: files.stop };
}

function toServer(name: string, server: McpServerSettings[string]): ServerDefinition {
  const settled = { kind: "mcp_server", name, origin: { kind: "settings" } } as const;
  if ("url" in server) return { ...settled, transport: "http", url: server.url };
  return { ...settled, transport: "stdio", url: undefined, program: server };
}

async function listDirectories(directories: Pick<DirectoryService, "list">): Promise<readonly ProjectDirectory[]> {
  const found: ProjectDirectory[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await directories.list({ limit: pageSize, ...(cursor !== undefined && { cursor }) });
    found.push(...page.items.map(({ name, path }) => ({ name, path })));
    cursor = page.nextCursor;
  }
  return found;
}
