import { createAuditRecorder } from "./audit-recorder.ts";
import { type AuditService, createAuditService } from "./audit-service.ts";
import { type BudgetService, createBudgetService } from "./budget-service.ts";
import type { ControlParts } from "./control-parts.ts";
import { createKeyService, type KeyService } from "./key-service.ts";
import { createProfileService, type ProfileService } from "./profile-service.ts";
import { createProjectService, type ProjectService } from "./project-service.ts";
import { createWebhookService, type WebhookService } from "../webhooks/webhook-service.ts";
import { createUsageService, type UsageService } from "./usage-service.ts";

/** What an administrator does. Who may do it is decided before. */
export interface ControlService {
  readonly projects: ProjectService;
  readonly keys: KeyService;
  readonly profiles: ProfileService;
  readonly budgets: BudgetService;
  readonly webhooks: WebhookService;
  readonly usage: UsageService;
  readonly audit: AuditService;
}

/** Ids, secrets, checks and the record of every change, on top of the store. */
export function createControlService(parts: ControlParts): ControlService {
  const audit = createAuditRecorder(parts);
  return {
    projects: createProjectService(parts, audit),
    keys: createKeyService(parts, audit),
    profiles: createProfileService(parts, audit),
    budgets: createBudgetService(parts, audit),
    webhooks: createWebhookService(parts, audit),
    usage: createUsageService(parts),
    audit: createAuditService(parts),
  };
}
