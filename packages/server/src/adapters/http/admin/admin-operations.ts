import { auditOperations } from "./audit-routes.ts";
import { budgetOperations } from "./budget-routes.ts";
import { keyOperations } from "./key-routes.ts";
import type { Operation } from "./operation.ts";
import { profileOperations } from "./profile-routes.ts";
import { projectOperations } from "./project-routes.ts";
import { reportOperations } from "./report-routes.ts";
import { routingOperations } from "./routing-routes.ts";
import { runOperations } from "./run-routes.ts";
import { storeOperations } from "./store-routes.ts";
import { usageOperations } from "./usage-routes.ts";
import { webhookOperations } from "./webhook-routes.ts";

/** All operations of the control plane, by name. */
export const adminOperations = {
  ...projectOperations,
  ...keyOperations,
  ...profileOperations,
  ...budgetOperations,
  ...webhookOperations,
  ...runOperations,
  ...usageOperations,
  ...auditOperations,
  ...reportOperations,
  ...routingOperations,
  ...storeOperations,
} as const satisfies Record<string, Operation>;
