import type { AdminClient } from "./admin-client.ts";

/** A key of a project of its own, with all that can be switched on for a key. */
export interface Tenant {
  readonly keyId: string;
  /** The key itself. */
  readonly key: string;
  readonly budgetIds: readonly string[];
}

/** Never reached, but counted at every call. */
const limits = { requestsPerMinute: 1_000_000, tokensPerMinute: 1_000_000_000, concurrent: 10_000 };
const budget = { unit: "micros", window: "lifetime", limit: 1_000_000_000_000_000 };

export async function createTenant(admin: AdminClient): Promise<Tenant> {
  const project = await admin.ask<{ readonly id: string }>("POST", "projects", { name: "bench" });
  const key = await admin.ask<{ readonly id: string; readonly key: string }>("POST", "keys", {
    name: "bench",
    projectId: project.id,
    profile: "enterprise",
    scopes: ["inference"],
    limits,
  });
  const budgetIds: string[] = [];
  for (const [subject, subjectId] of [
    ["project", project.id],
    ["key", key.id],
  ]) {
    const { id } = await admin.ask<{ readonly id: string }>("POST", "budgets", { subject, subjectId, ...budget });
    budgetIds.push(id);
  }
  return { keyId: key.id, key: key.key, budgetIds };
}
