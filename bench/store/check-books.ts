import { hash } from "node:crypto";
import { verifyChain } from "../../packages/server/src/core/audit/verify-chain.ts";
import type { AuditLog } from "../../packages/server/src/core/ports/audit-log.ts";
import type { Clock } from "../../packages/server/src/core/ports/clock.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import type { Tenant } from "./create-tenant.ts";

/** What a run has settled so far. */
export interface Settled {
  readonly requests: number;
  readonly micros: number;
  readonly tokens: number;
}

/** The store does not hold what it said it did: its figures are worth nothing. */
export class WrongBooksError extends Error {
  override readonly name = "WrongBooksError";
}

/**
 * Compares what the store holds with what was settled, when nothing is under way: budgets, usage rows and the number
 * of audit rows. Throws a {@link WrongBooksError} that names the first difference.
 */
export async function checkBooks(store: Store, clock: Clock, tenant: Tenant, settled: Settled): Promise<void> {
  const keyBudget = await store.control.getBudget(tenant.keyBudget, clock.epoch());
  const projectBudget = await store.control.getBudget(tenant.projectBudget, clock.epoch());
  const everything = { projectId: tenant.projectId, from: 0, to: Number.MAX_SAFE_INTEGER };
  const [usage] = await store.usage.sum(everything, "project");
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = usage ?? {};
  const head = await store.audit.head();

  const compared: readonly (readonly [what: string, found: number | undefined, expected: number])[] = [
    ["spent of the key's budget", keyBudget?.spent, settled.micros],
    ["reserved of the key's budget", keyBudget?.reserved, 0],
    ["spent of the project's budget", projectBudget?.spent, settled.tokens],
    ["reserved of the project's budget", projectBudget?.reserved, 0],
    ["usage rows", usage?.requests ?? 0, settled.requests],
    ["cost of the usage rows", usage?.costMicros ?? 0, settled.micros],
    ["tokens of the usage rows", inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens, settled.tokens],
    ["audit rows", (head?.sequence ?? 0) - tenant.auditRows, settled.requests],
  ];
  const wrong = compared.find(([, found, expected]) => found !== expected);
  if (wrong === undefined) return;
  const [what, found, expected] = wrong;
  throw new WrongBooksError(`${store.kind}: ${what}: expected ${expected}, found ${found ?? "none"}`);
}

/** Verifies the whole chain. Throws a {@link WrongBooksError} that names the first fault. */
export async function checkAudit({ kind, audit }: Store): Promise<void> {
  const verdict = await verifyChain(readRows(audit), (text) => hash("sha256", text));
  if (!verdict.ok) throw new WrongBooksError(`${kind}: ${verdict.fault.message}`);
}

async function* readRows(audit: Pick<AuditLog, "read">) {
  for (let after = 0; ;) {
    const rows = await audit.read({}, after, 5_000);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.sequence;
  }
}
