import type { FastifyInstance } from "fastify";
import type { DirectoryService } from "../../../core/workspaces/directory-service.ts";
import type { WorkService } from "../../../core/workspaces/work-service.ts";
import { addOperations } from "./add-operations.ts";
import { createDirectoryHandlers, directoryOperations } from "./directory-routes.ts";
import type { Operation } from "./operation.ts";
import { createWorkHandlers, workOperations } from "./work-routes.ts";

export interface WorkspaceRouteParts {
  readonly directories: DirectoryService;
  readonly work: WorkService;
}

/** Directories, and what comes of runs. */
export const workspaceOperations = {
  ...directoryOperations,
  ...workOperations,
} as const satisfies Record<string, Operation>;

/** Registers the routes of directories, artifacts and landing. A hook before them sets `request.principal`. */
export function addWorkspaceRoutes(app: FastifyInstance, { directories, work }: WorkspaceRouteParts): void {
  addOperations(app, workspaceOperations, { ...createDirectoryHandlers(directories), ...createWorkHandlers(work) });
}
