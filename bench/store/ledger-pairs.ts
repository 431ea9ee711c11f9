import type { AuditEntry } from "@gantry/contracts/audit";
import type { UsageRow } from "@gantry/contracts/usage";
import type { Clock } from "../../packages/server/src/core/ports/clock.ts";
import type { ReserveRequest } from "../../packages/server/src/core/ports/ledger.ts";
import type { Store } from "../../packages/server/src/core/ports/store.ts";
import { checkBooks } from "./check-books.ts";
import { createTenant, type Tenant } from "./create-tenant.ts";
import type { PairContestant } from "./pair-contestant.ts";

const profile = "enterprise@1";
const driver = "claude";
const model = "claude-sonnet-5-5";
const leaseMs = 30_000;

/**
 * Reservations and settlements on a store, written as the server writes them: one key and one project, each with a
 * budget, and with each settlement a usage row and an audit row.
 */
export async function createLedgerPairs(store: Store, clock: Clock): Promise<PairContestant> {
  const tenant = await createTenant(store, clock, { concurrent: 1_000 });
  const settled = { requests: 0, micros: 0, tokens: 0 };
  let begun = 0;

  return {
    name: store.kind,
    async runPair() {
      begun += 1;
      const request = toRequest(tenant, begun, clock.epoch());
      const outcome = await store.ledger.reserve(request);
      if (outcome.kind !== "reserved")
        throw new Error(`${store.kind}: a reservation was answered with ${outcome.kind}`);
      const usage = toUsage(tenant, begun, request.requestId, clock.epoch());
      const spent = { micros: usage.costMicros, tokens: usage.tokens.inputTokens + usage.tokens.outputTokens };
      const booked = await store.ledger.settle(request.requestId, spent, usage, toAudit(usage));
      if (!booked) throw new Error(`${store.kind}: a settlement was taken for a repeated one`);
      settled.requests += 1;
      settled.micros += spent.micros;
      settled.tokens += spent.tokens;
    },
    check: () => checkBooks(store, clock, tenant, settled),
  };
}

function toRequest({ projectId, keyId }: Tenant, number: number, now: number): ReserveRequest {
  return {
    // As long as the server's own.
    requestId: `req_${String(number).padStart(32, "0")}`,
    nodeId: "node_bench",
    now,
    leaseUntil: now + leaseMs,
    projectId,
    keyId,
    runId: null,
    model,
    driver,
    profile,
    amounts: { micros: 45_000, tokens: 6_000 },
    concurrent: 1_000,
  };
}

/** Figures that differ from pair to pair, so that one booked twice and one left out do not make up for each other. */
function toUsage({ projectId, keyId }: Tenant, number: number, id: string, at: number) {
  const inputTokens = 500 + ((number * 7_919) % 1_500);
  const outputTokens = 50 + ((number * 104_729) % 900);
  return {
    id,
    at,
    projectId,
    keyId,
    runId: null,
    model,
    driver,
    tokens: { inputTokens, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens },
    costMicros: 2 * inputTokens + 10 * outputTokens,
    latencyMs: 1_200,
    firstTokenMs: 300,
    outcome: "completed",
    profile,
  } satisfies UsageRow;
}

function toAudit({ id, at, keyId, projectId, outcome }: UsageRow): AuditEntry {
  return {
    at,
    actor: keyId,
    action: "completion.finished",
    target: `request:${id}`,
    projectId,
    address: "192.0.2.1",
    policy: profile,
    result: "ok",
    detail: outcome,
    payloadDigest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  };
}
