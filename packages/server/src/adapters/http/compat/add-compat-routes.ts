import type { FastifyInstance } from "fastify";
import type { CapabilityService } from "../../../core/capabilities/capability-service.ts";
import { addOperations } from "../admin/add-operations.ts";
import { createCapabilityHandlers } from "./capability-routes.ts";
import { compatOperations } from "./compat-operations.ts";

export interface CompatParts {
  readonly capabilities: Pick<CapabilityService, "list">;
}

/** Registers those routes. A hook before them sets `request.principal`. */
export function addCompatRoutes(app: FastifyInstance, { capabilities }: CompatParts): void {
  addOperations(app, compatOperations, createCapabilityHandlers(capabilities));
}
