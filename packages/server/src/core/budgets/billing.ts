import type { AuditEntry } from "@gantry/contracts/audit";
import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { UsageOutcome, UsageRow } from "@gantry/contracts/usage";
import { type Principal, toPolicyName } from "../access/principal.ts";
import { createWorkCount } from "./work-count.ts";
import type { Clock } from "../ports/clock.ts";
import type { Amounts, Ledger, ReserveOutcome } from "../ports/ledger.ts";
import type { Log } from "../ports/log.ts";
import type { RateLimiter, RateOutcome } from "../ports/rate-limiter.ts";
import { type Booking, isStoreAway, type LateBookings } from "./late-bookings.ts";
import { BudgetError, toRateFailure } from "./admission-failures.ts";
import { estimateDearest } from "./dearest-estimate.ts";
import type { Estimate, EstimateInput } from "./estimate.ts";
import { type BilledUsage, costOf, type PriceTable } from "./price-table.ts";

/** Something that costs: a completion of an agent, or one call of a model. */
export interface Billable {
  /** Bills it once, whatever happens. */
  readonly requestId: string;
  readonly principal: Principal;
  readonly runId: string | null;
  /** Full id. */
  readonly model: string;
  /** Others that may answer in its place: what is set aside is enough for the dearest of all. */
  readonly otherModels?: readonly string[];
  readonly driver: string;
  /** What the audit calls it, such as `completion.finished`. */
  readonly action: string;
  /** Where the request came from. */
  readonly address: string | null;
  /** Digest of the body, for the audit. */
  readonly payloadDigest: string | null;
  readonly size: EstimateInput;
  /** Where a budget has less left than the estimate, it may run for what is left: over the limit by one call at most. */
  readonly mayUseRest?: boolean;
  /** Told once, as soon as it is known, whether the request is refused or not. */
  onRate?(rate: RateOutcome): void;
}

/** What it came to, for the usage row. */
export interface Settlement {
  /** Full id of the model that answered, where it is another than was asked for first. */
  readonly model?: string | undefined;
  readonly outcome: UsageOutcome;
  /** Why it failed, where that is known. */
  readonly failure?: Failure | undefined;
  readonly tokens: TokenUsage & BilledUsage;
  /** As the driver or the upstream told it; undefined to be worked out from the price table. */
  readonly costMicros: number | undefined;
  readonly firstTokenMs: number | null;
  readonly latencyMs: number;
}

/** A bill that was opened. */
export interface Bill {
  readonly estimate: Estimate;
  /** Takes from the key's limits. Rejects with `rate_limited`. */
  takeRate(): Promise<void>;
  /** Sets aside what it may cost, in all budgets. Rejects with `budget_exceeded`, `concurrency_limited`, `conflict`. */
  reserve(): Promise<void>;
  /** Sets more aside for so many tokens of output. Resolves with the refusal where a budget has no more. */
  extend(outputTokens: number): Promise<FailureError | undefined>;
  /** Gives back what was taken from the key's limits: nothing was done. */
  giveBack(): Promise<void>;
  /**
   * Books the figures with the usage row and the audit entry, in one commit. Only the first call counts. Rejects where that failed; it is
   * done again then.
   */
  settle(settlement: Settlement): Promise<void>;
}

export interface Billing {
  open(billable: Billable): Bill;
  /** Resolves when nothing is reserved that is still to be settled. */
  settled(): Promise<void>;
}

export interface BillingParts {
  readonly ledger: Ledger;
  readonly late: LateBookings;
  readonly log: Log;
  readonly rates: RateLimiter;
  readonly prices: PriceTable;
  readonly clock: Clock;
  readonly nodeId: string;
  /** How long a reservation lives without a renewal. */
  readonly leaseMs: number;
  /** Told of each settled request; must not throw. */
  onSettled(usage: UsageRow): void;
}

/** Limits before, budgets before, the real figures after: the one way in which anything is paid for. */
export function createBilling(parts: BillingParts): Billing {
  const unsettled = createWorkCount();
  return {
    open: (billable) => openBill(parts, billable, () => unsettled.begin()),
    settled: () => unsettled.idle(),
  };
}

function openBill(parts: BillingParts, billable: Billable, begin: () => () => void): Bill {
  const { ledger, rates, prices, clock } = parts;
  const { requestId, principal } = billable;
  const { keyId, limits } = principal;
  const { estimate, extensionOf } = estimateDearest(billable, prices);
  let end: () => void = () => {};
  let isSettled = false;

  /** Never rejects: a bucket that is off is right again in a minute, and what else was done for the request stands. */
  async function correct(spentTokens: number): Promise<void> {
    if (limits.tokensPerMinute === undefined) return;
    await rates
      .correct(keyId, limits, spentTokens - estimate.amounts.tokens, clock.epoch())
      .catch((error: unknown) => parts.log.warn({ err: error }, "a key's rate could not be corrected"));
  }

  /** What is booked stays the same, however late it is done. */
  function toBooking(settlement: Settlement): Booking {
    const usage = toUsageRow(parts, billable, settlement);
    const cached = usage.outcome === "cached";
    const spent = { micros: usage.costMicros ?? 0, tokens: cached ? 0 : countTokens(usage.tokens) };
    const audit = toAudit(billable, usage);
    return async () => {
      if (cached) await ledger.record(usage, audit);
      else await ledger.settle(requestId, spent, usage, audit);
      await correct(spent.tokens);
      parts.onSettled(usage);
    };
  }

  /** Frees what may be reserved although the store gave no answer. */
  async function bookUnanswered(booking: Booking): Promise<void> {
    const found = await ledger.extend(requestId, { micros: 0, tokens: 0 }, clock.epoch());
    if (found.kind !== "unknown" && found.kind !== "settled") await booking();
  }

  return {
    estimate,
    async takeRate() {
      if (limits.requestsPerMinute === undefined && limits.tokensPerMinute === undefined) return;
      const rate = await rates.take(keyId, limits, estimate.amounts.tokens, clock.epoch());
      billable.onRate?.(rate);
      if (!rate.allowed) throw new FailureError(toRateFailure(rate));
    },
    async reserve() {
      const now = clock.epoch();
      const reserved = ledger.reserve({
        requestId,
        nodeId: parts.nodeId,
        now,
        leaseUntil: now + parts.leaseMs,
        projectId: principal.projectId,
        keyId,
        runId: billable.runId,
        model: billable.model,
        driver: billable.driver,
        profile: toPolicyName(principal.profile),
        amounts: estimate.amounts,
        ...(billable.mayUseRest === true ? { mayUseRest: true } : {}),
        ...(limits.concurrent === undefined ? {} : { concurrent: limits.concurrent }),
      });
      const outcome = await reserved.catch((error: unknown) => {
        // It may be reserved all the same: the answer was lost, or the whole commit.
        const booking = toBooking({ outcome: "failed", ...nothingSpent, latencyMs: 0 });
        if (isStoreAway(error)) parts.late.keep(() => bookUnanswered(booking));
        throw error;
      });
      const refusal = toRefusal(outcome, principal, now);
      if (refusal !== undefined) throw refusal;
      end = begin();
    },
    async extend(outputTokens) {
      const now = clock.epoch();
      return toRefusal(await ledger.extend(requestId, extensionOf(outputTokens), now), principal, now);
    },
    giveBack: () => correct(0),
    async settle(settlement) {
      if (isSettled) return;
      isSettled = true;
      try {
        await parts.late.book(toBooking(settlement));
      } finally {
        end();
      }
    },
  };
}

/** Nothing was done that costs. */
export const nothingSpent = { tokens: noUsage, costMicros: 0, firstTokenMs: null };

function toRefusal(outcome: ReserveOutcome, { limits }: Principal, now: number): FailureError | undefined {
  switch (outcome.kind) {
    case "reserved":
      return undefined;
    case "over_budget":
      return new BudgetError(outcome.budget, now);
    case "too_many_open": {
      const message = `This key may have ${limits.concurrent ?? outcome.open} requests open at one time.`;
      return new FailureError(toFailure("concurrency_limited", message, { retryAfterMs: 1000 }));
    }
    case "settled":
      return new FailureError(toFailure("conflict", "This request was answered and billed before."));
    case "unknown":
      return new FailureError(toFailure("budget_exceeded", "The reservation of this request has ended."));
  }
}

function toUsageRow({ prices, clock }: BillingParts, billable: Billable, settlement: Settlement): UsageRow {
  const { principal } = billable;
  const { outcome, firstTokenMs, model = billable.model } = settlement;
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = settlement.tokens;
  const price = prices.priceOf(model);
  return {
    id: billable.requestId,
    at: clock.epoch(),
    projectId: principal.projectId,
    keyId: principal.keyId,
    runId: billable.runId,
    model,
    driver: billable.driver,
    tokens: { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens },
    costMicros: settlement.costMicros ?? (price === undefined ? null : costOf(price, settlement.tokens)),
    latencyMs: Math.round(settlement.latencyMs),
    firstTokenMs: firstTokenMs === null ? null : Math.round(firstTokenMs),
    outcome,
    profile: toPolicyName(principal.profile),
  };
}

function countTokens(tokens: TokenUsage): Amounts["tokens"] {
  return tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens + tokens.outputTokens;
}

function toAudit(billable: Billable, usage: UsageRow): AuditEntry {
  const { principal, requestId, action, address, payloadDigest } = billable;
  return {
    at: usage.at,
    actor: principal.keyId,
    action,
    target: `request:${requestId}`,
    projectId: principal.projectId,
    address,
    policy: usage.profile,
    result: usage.outcome === "failed" || usage.outcome === "budget_reached" ? "failed" : "ok",
    detail: usage.outcome,
    payloadDigest,
  };
}
