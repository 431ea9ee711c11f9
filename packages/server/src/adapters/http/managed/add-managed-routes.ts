import type { FastifyInstance } from "fastify";
import type { AgentService } from "../../../core/agents/agent-service.ts";
import type { EnvironmentService } from "../../../core/environments/environment-service.ts";
import type { FileService } from "../../../core/files/file-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { addFileContentRoutes } from "./add-file-content-routes.ts";
import { addManagedOperations } from "./add-managed-operations.ts";
import { createAgentHandlers } from "./agent-routes.ts";
import { createEnvironmentHandlers } from "./environment-routes.ts";
import { createFileHandlers } from "./file-routes.ts";
import { managedOperations } from "./managed-operations.ts";
import { addUnservedRoutes, isUnserved } from "./unserved-routes.ts";
import type { UploadSockets } from "./upload-sockets.ts";

export interface ManagedParts {
  readonly agents: AgentService;
  readonly environments: EnvironmentService;
  readonly files: FileService;
  readonly uploads: UploadSockets;
  /** How long a client may send nothing of what it uploads, and take nothing of what it reads. */
  readonly stallMs: number;
  readonly clock: Clock;
}

/** Registers the managed API: agents, environments, files. A hook before sets `request.principal`. */
export function addManagedRoutes(app: FastifyInstance, parts: ManagedParts): void {
  addManagedOperations(app, managedOperations, {
    ...createAgentHandlers(parts.agents),
    ...createEnvironmentHandlers(parts.environments),
    ...createFileHandlers(parts.files),
  });
  addFileContentRoutes(app, { ...parts, silenceMs: parts.stallMs });
  addUnservedRoutes(app);
}

const served = /^\/v1\/(agents|environments|sessions|files|interactions)(\/|$)/;

/** Whether an address belongs to the managed API, whose clients look for the vendor's errors. */
export function isManagedPath(path: string): boolean {
  return served.test(path) || isUnserved(path);
}
