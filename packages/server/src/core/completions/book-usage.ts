import type { AuditEntry } from "@gantry/contracts/audit";
import { noUsage } from "@gantry/contracts/completion";
import type { UsageRow } from "@gantry/contracts/usage";
import { toPolicyName } from "../access/principal.ts";
import type { Estimate } from "../budgets/estimate.ts";
import type { Clock } from "../ports/clock.ts";
import type { AgentModel } from "../ports/driver.ts";
import type { Ledger } from "../ports/ledger.ts";
import type { Log } from "../ports/log.ts";
import type { RateLimiter } from "../ports/rate-limiter.ts";
import type { Booking, LateBookings } from "./late-bookings.ts";
import type { Settlement } from "./meter-answer.ts";
import type { MeteredRequest } from "./metered-completions.ts";

/** What a request is booked with. */
export interface BookParts {
  readonly ledger: Pick<Ledger, "settle" | "record" | "extend">;
  readonly late: LateBookings;
  readonly rates: RateLimiter;
  readonly clock: Clock;
  readonly log: Log;
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

/**
 * Gives back, or takes, what a key's bucket of tokens was charged too much, or too little. Never rejects: a bucket that
 * is off is right again in a minute, and what else was done for the request stands.
 */
export async function correctRate(
  parts: Pick<BookParts, "rates" | "clock" | "log">,
  admitted: Admitted,
  spent: number,
) {
  const { keyId, limits } = admitted.request.principal;
  if (limits.tokensPerMinute === undefined) return;
  await parts.rates
    .correct(keyId, limits, spent - admitted.estimate.amounts.tokens, parts.clock.epoch())
    .catch((error: unknown) => parts.log.warn({ err: error }, "a key's rate could not be corrected"));
}

/**
 * Writes the usage row and the audit entry, with the reservation settled in the same commit. Rejects where that failed;
 * it is done again then.
 */
export function bookUsage(parts: BookParts, admitted: Admitted, settlement: Settlement): Promise<void> {
  return parts.late.book(toBooking(parts, admitted, settlement));
}

/** Frees what a request may have reserved although the store gave no answer. */
export async function bookUnanswered(parts: BookParts, admitted: Admitted, latencyMs: number): Promise<void> {
  const { requestId } = admitted.request;
  const found = await parts.ledger.extend(requestId, { micros: 0, tokens: 0 }, parts.clock.epoch());
  if (found.kind === "unknown" || found.kind === "settled") return;
  await toBooking(parts, admitted, {
    outcome: "failed",
    tokens: noUsage,
    costMicros: 0,
    firstTokenMs: null,
    latencyMs,
  })();
}

/** What is booked stays the same, however late it is done. */
function toBooking(parts: BookParts, admitted: Admitted, settlement: Settlement): Booking {
  const { requestId } = admitted.request;
  const usage = toUsageRow(parts, admitted, settlement);
  const audit = toAudit(admitted.request, usage);
  const cached = usage.outcome === "cached";
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage.tokens;
  const tokens = inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
  return async () => {
    if (cached) await parts.ledger.record(usage, audit);
    else await parts.ledger.settle(requestId, { micros: usage.costMicros ?? 0, tokens }, usage, audit);
    await correctRate(parts, admitted, cached ? 0 : tokens);
    parts.onSettled(usage);
  };
}

function toUsageRow(parts: BookParts, { request, model }: Admitted, settlement: Settlement): UsageRow {
  const { principal, requestId } = request;
  return {
    id: requestId,
    at: parts.clock.epoch(),
    projectId: principal.projectId,
    keyId: principal.keyId,
    runId: null,
    model: model.id,
    driver: parts.driver,
    tokens: settlement.tokens,
    costMicros: settlement.costMicros,
    latencyMs: Math.round(settlement.latencyMs),
    firstTokenMs: settlement.firstTokenMs === null ? null : Math.round(settlement.firstTokenMs),
    outcome: settlement.outcome,
    profile: toPolicyName(principal.profile),
  };
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
