import type { AuditEntry } from "@gantry/contracts/audit";
import type { BudgetInput } from "@gantry/contracts/budgets";
import { FailureError, type ErrorCode } from "@gantry/contracts/errors";
import type { UsageRow } from "@gantry/contracts/usage";
import type { NewKey, Page, PageRequest } from "../../../../core/ports/control-store.ts";
import type { Amounts, ReserveRequest } from "../../../../core/ports/ledger.ts";

/** Friday, 20 November 2026, 12:00 UTC. */
export const noon = Date.UTC(2026, 10, 20, 12);
export const minuteMs = 60_000;
export const dayMs = 86_400_000;

export function sampleKey(id: string, changes: Partial<NewKey> = {}): NewKey {
  return {
    id,
    publicId: `public-${id}`,
    secretHash: `hash-${id}`,
    name: `name of ${id}`,
    projectId: "prj_default",
    profile: "free",
    scopes: ["inference"],
    limits: {},
    metadata: {},
    expiresAt: null,
    createdAt: noon,
    ...changes,
  };
}

export function sampleBudget(changes: Partial<BudgetInput> = {}): BudgetInput {
  return {
    subject: "project",
    subjectId: "prj_a",
    unit: "micros",
    window: "day",
    limit: 100,
    shadow: false,
    ...changes,
  };
}

export function sampleRequest(
  requestId: string,
  micros: number,
  changes: Partial<ReserveRequest> = {},
): ReserveRequest {
  return {
    requestId,
    nodeId: "node-a",
    now: noon,
    leaseUntil: noon + minuteMs,
    projectId: "prj_a",
    keyId: "key_a",
    runId: null,
    model: "claude-haiku-4-5",
    driver: "claude",
    profile: "free@1",
    amounts: { micros, tokens: 0 },
    ...changes,
  };
}

export const toMicros = (micros: number): Amounts => ({ micros, tokens: 0 });

export function sampleUsage(id: string, costMicros: number | null, changes: Partial<UsageRow> = {}): UsageRow {
  return {
    id,
    at: noon,
    projectId: "prj_a",
    keyId: "key_a",
    runId: null,
    model: "claude-haiku-4-5",
    driver: "claude",
    tokens: { inputTokens: 1, cacheReadTokens: 2, cacheWriteTokens: 3, outputTokens: 4 },
    costMicros,
    latencyMs: 120,
    firstTokenMs: 40,
    outcome: "completed",
    profile: "free@1",
    ...changes,
  };
}

export function sampleEntry(target: string, changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: noon,
    actor: "key_a",
    action: "completion.finished",
    target,
    projectId: "prj_a",
    address: "192.0.2.1",
    policy: "free@1",
    result: "ok",
    detail: null,
    payloadDigest: null,
    ...changes,
  };
}

/** For `assert.rejects`: a failure of that code. */
export function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof FailureError && error.failure.code === code;
}

/** Follows the cursors of a list to its end. */
export async function readPages<Item>(
  limit: number,
  read: (page: PageRequest) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Item> = await read(cursor === null ? { limit } : { limit, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
