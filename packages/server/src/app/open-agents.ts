import { hash } from "node:crypto";
import { createSchemaChecker } from "../adapters/schemas/create-schema-checker.ts";
import { defaultProjectId } from "../core/access/identify.ts";
import { createCompletionService, type OwnedCompletionService } from "../core/completions/create-completion-service.ts";
import { createProcessPool, type ProcessPool } from "../core/pool/process-pool.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Driver } from "../core/ports/driver.ts";
import type { Log } from "../core/ports/log.ts";
import type { SchemaChecker } from "../core/ports/schema-checker.ts";
import type { Config } from "./config.ts";

export interface OpenAgents {
  readonly pool: ProcessPool;
  readonly agents: OwnedCompletionService;
  /** Judges what agents give by the schemas of clients. */
  readonly schemas: SchemaChecker;
}

/** Builds what answers chats: the processes of a driver, kept warm, and the service that stands on them. */
export function openAgents(
  config: Pick<Config, "limits" | "deadlines">,
  { driver, clock, log }: { readonly driver: Driver; readonly clock: Clock; readonly log: Log },
): OpenAgents {
  const { limits, deadlines } = config;
  const maxMemoryBytes = limits.maxProcessMemoryMb * 1024 * 1024;
  const pool = createProcessPool({
    driver,
    clock,
    log,
    limits: { ...limits, waitMs: limits.toolWaitMs, mostWaits: limits.toolWaits, maxMemoryBytes },
  });
  const schemas = createSchemaChecker({ clock });
  const agents = createCompletionService({
    pool,
    schemas,
    capabilities: driver.capabilities,
    deadlines,
    digest: (text) => hash("sha256", text, "base64"),
    clock,
    log,
    limits,
    firstOwner: defaultProjectId,
  });
  return { pool, agents, schemas };
}
