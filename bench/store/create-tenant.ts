import type { RateLimits } from "@gantry/contracts/access";
import { hash, randomBytes } from "node:crypto";
import { createControlService } from "../../packages/server/src/core/control/create-control-service.ts";
import type { Clock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";

/** A project with one key, and a budget on each. */
export interface Tenant {
  readonly projectId: string;
  readonly keyId: string;
  /** The key's whole text. */
  readonly key: string;
  /** In micro-dollars, a day. */
  readonly keyBudget: string;
  /** In tokens, a month. */
  readonly projectBudget: string;
  /** Rows of the audit when all this was made. */
  readonly auditRows: number;
}

/** Large enough for any run: these budgets are counted and checked at every step, and never refuse. */
const limit = 1_000_000_000_000_000;

/** Makes the tenant as an administrator would. */
export async function createTenant(store: Store, clock: Clock, limits: RateLimits): Promise<Tenant> {
  const control = createControlService({ store, clock, random: randomBytes, digest: (text) => hash("sha256", text) });
  const actor = { id: "admin", address: null, policy: null };
  const project = await control.projects.create(actor, { name: "bench" });
  const { key, text } = await control.keys.create(actor, {
    name: "bench",
    projectId: project.id,
    profile: "enterprise",
    limits,
  });
  const common = { limit, shadow: false };
  const keyBudget = await control.budgets.create(actor, {
    ...common,
    subject: "key",
    subjectId: key.id,
    unit: "micros",
    window: "day",
  });
  const projectBudget = await control.budgets.create(actor, {
    ...common,
    subject: "project",
    subjectId: project.id,
    unit: "tokens",
    window: "month",
  });
  return {
    projectId: project.id,
    keyId: key.id,
    key: text,
    keyBudget: keyBudget.id,
    projectBudget: projectBudget.id,
    auditRows: (await store.audit.head())?.sequence ?? 0,
  };
}
