import type { AuditEntry } from "@gantry/contracts/audit";
import type { UsageRow } from "@gantry/contracts/usage";
import { toPolicyName } from "../access/principal.ts";
import type { Estimate } from "../budgets/estimate.ts";
import type { Clock } from "../ports/clock.ts";
import type { AgentModel } from "../ports/driver.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { RateLimiter } from "../ports/rate-limiter.ts";
import type { Settlement } from "./meter-answer.ts";
import type { MeteredRequest } from "./metered-completions.ts";

/** What a request is booked with. */
export interface BookParts {
  readonly ledger: Pick<Ledger, "settle" | "record">;
  readonly rates: RateLimiter;
  readonly clock: Clock;
  readonly driver: string;
  /** Told of each settled request; must not throw. */
  onSettled(usage: UsageRow): void;
}

/** What admission found out, and what the answer is billed by. */
export interface Admitted {
  readonly request: MeteredRequest;
  readonly model: AgentModel;
  readonly estimate: Estimate;
  readonly startedAt: number;
}

/** Gives back, or takes, what a key's bucket of tokens was charged too much, or too little. */
export async function correctRate(parts: Pick<BookParts, "rates" | "clock">, admitted: Admitted, spent: number) {
  const { keyId, limits } = admitted.request.principal;
  if (limits.tokensPerMinute === undefined) return;
  await parts.rates.correct(keyId, limits, spent - admitted.estimate.amounts.tokens, parts.clock.epoch());
}

/** Writes the usage row and the audit entry, with the reservation settled in the same commit. */
export async function bookUsage(parts: BookParts, admitted: Admitted, settlement: Settlement): Promise<void> {
  const { request, model } = admitted;
  const { principal, requestId } = request;
  const { tokens, outcome } = settlement;
  const cached = outcome === "cached";
  const usage: UsageRow = {
    id: requestId,
    at: parts.clock.epoch(),
    projectId: principal.projectId,
    keyId: principal.keyId,
    runId: null,
    model: model.id,
    driver: parts.driver,
    tokens,
    costMicros: settlement.costMicros,
    latencyMs: Math.round(settlement.latencyMs),
    firstTokenMs: settlement.firstTokenMs === null ? null : Math.round(settlement.firstTokenMs),
    outcome,
    profile: toPolicyName(principal.profile),
  };
  const spentTokens = tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens + tokens.outputTokens;
  const audit = toAudit(request, usage);
  if (cached) await parts.ledger.record(usage, audit);
  else await parts.ledger.settle(requestId, { micros: usage.costMicros ?? 0, tokens: spentTokens }, usage, audit);
  await correctRate(parts, admitted, cached ? 0 : spentTokens);
  parts.onSettled(usage);
}

function toAudit({ principal, requestId, address, payloadDigest }: MeteredRequest, usage: UsageRow): AuditEntry {
  return {
    at: usage.at,
    actor: principal.keyId,
    action: "completion.finished",
    target: `request:${requestId}`,
    projectId: principal.projectId,
    address,
    policy: usage.profile,
    result: usage.outcome === "failed" || usage.outcome === "budget_reached" ? "failed" : "ok",
    detail: usage.outcome,
    payloadDigest,
  };
}
