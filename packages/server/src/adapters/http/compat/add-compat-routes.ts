import type { FastifyInstance } from "fastify";
import type { CapabilityService } from "../../../core/capabilities/capability-service.ts";
import type { MeteredCompletions } from "../../../core/completions/metered-completions.ts";
import { addOperations } from "../admin/add-operations.ts";
import { createCapabilityHandlers } from "./capability-routes.ts";
import { plainOperations } from "./compat-operations.ts";
import { addProcessRoute, type ProcessParts } from "./process-routes.ts";
import { createProviderHandlers } from "./provider-routes.ts";

export interface CompatParts extends ProcessParts {
  readonly completions: Pick<MeteredCompletions, "complete" | "status">;
  readonly capabilities: Pick<CapabilityService, "list">;
}

/** Registers those routes. A hook before them sets `request.principal`. */
export function addCompatRoutes(app: FastifyInstance, parts: CompatParts): void {
  addOperations(app, plainOperations, {
    ...createCapabilityHandlers(parts.capabilities),
    ...createProviderHandlers(parts.listModels, () => parts.completions.status()),
  });
  addProcessRoute(app, parts);
}
