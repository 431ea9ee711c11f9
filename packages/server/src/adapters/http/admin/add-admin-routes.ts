import type { FastifyInstance } from "fastify";
import type { MeteredCompletions } from "../../../core/completions/metered-completions.ts";
import type { ControlService } from "../../../core/control/create-control-service.ts";
import type { RunService } from "../../../core/runs/run-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { StoreRestorer } from "../../../core/ports/store-restorer.ts";
import { addOperations } from "./add-operations.ts";
import { adminOperations } from "./admin-operations.ts";
import { createAuditHandlers } from "./audit-routes.ts";
import { createBudgetHandlers } from "./budget-routes.ts";
import { createKeyHandlers } from "./key-routes.ts";
import { createProfileHandlers } from "./profile-routes.ts";
import { createProjectHandlers } from "./project-routes.ts";
import { createReportHandlers } from "./report-routes.ts";
import { createRoutingHandlers } from "./routing-routes.ts";
import { createRunHandlers } from "./run-routes.ts";
import { createStoreHandlers } from "./store-routes.ts";
import { createUsageHandlers } from "./usage-routes.ts";
import { createWebhookHandlers } from "./webhook-routes.ts";

export interface AdminParts {
  readonly control: ControlService;
  readonly runs: RunService;
  readonly completions: Pick<MeteredCompletions, "recommend">;
  readonly restorer: StoreRestorer;
  readonly clock: Pick<Clock, "epoch">;
}

/** Registers the routes of the control plane. A hook before them sets `request.principal`. */
export function addAdminRoutes(app: FastifyInstance, parts: AdminParts): void {
  const { control, runs, completions, restorer, clock } = parts;
  addOperations(app, adminOperations, {
    ...createProjectHandlers(control.projects),
    ...createKeyHandlers(control.keys, control.projects),
    ...createProfileHandlers(control.profiles),
    ...createBudgetHandlers(control.budgets, control.projects),
    ...createWebhookHandlers(control.webhooks, control.projects),
    ...createRunHandlers(runs, control.projects),
    ...createUsageHandlers(control.usage, control.projects, clock),
    ...createAuditHandlers(control.audit, control.projects),
    ...createReportHandlers(control.usage, control.projects, clock),
    ...createRoutingHandlers(completions, control.usage),
    ...createStoreHandlers(restorer),
  });
}
