import { noUsage, type CompletionEvent, type TokenUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { UsageOutcome } from "@gantry/contracts/usage";
import { nextExtension, toExtensionAmounts, type Estimate } from "../budgets/estimate.ts";
import { costOf, type PriceTable } from "../budgets/price-table.ts";
import type { Clock } from "../ports/clock.ts";
import type { Amounts, Ledger } from "../ports/ledger.ts";
import { toBudgetFailure } from "./admission-failures.ts";

/** What an answer came to, for the usage row. */
export interface Settlement {
  readonly outcome: UsageOutcome;
  readonly tokens: TokenUsage;
  /** Null where the model has no price and the driver did not tell the cost. */
  readonly costMicros: number | null;
  readonly firstTokenMs: number | null;
  readonly latencyMs: number;
}

export interface MeterParts {
  readonly requestId: string;
  readonly model: string;
  readonly events: AsyncIterable<CompletionEvent>;
  readonly estimate: Estimate;
  readonly maxOutputTokens: number | undefined;
  readonly startedAt: number;
  readonly ledger: Pick<Ledger, "extend">;
  readonly prices: PriceTable;
  readonly clock: Clock;
  /** Books the figures; resolves when they are committed. Called once. What it rejects with is the answer's failure. */
  settle(settlement: Settlement): Promise<void>;
}

/** Text has some four bytes a token; only used where nobody counted. */
const bytesPerToken = 4;

/**
 * Passes an answer on while it is paid for: extends the reservation ahead of what is produced, cuts the answer off where
 * a budget has no more, and settles before the final event is given out, or when the reader leaves. What cannot be
 * booked did not come to its end.
 */
export async function* meterAnswer(parts: MeterParts): AsyncGenerator<CompletionEvent, void, undefined> {
  const { clock, startedAt } = parts;
  let producedBytes = 0;
  let reservedOutput = parts.estimate.outputTokens;
  let firstTokenMs: number | null = null;
  let inputSeen: TokenUsage = noUsage;
  let settled = false;

  async function settle(outcome: UsageOutcome, tokens: TokenUsage, costMicros?: number): Promise<Failure | undefined> {
    if (settled) return undefined;
    settled = true;
    const price = parts.prices.priceOf(parts.model);
    const cost = costMicros ?? (price === undefined ? null : costOf(price, tokens));
    const latencyMs = clock.now() - startedAt;
    return await failureOf(parts.settle({ outcome, tokens, costMicros: cost, firstTokenMs, latencyMs }));
  }

  // Where an answer ends without the upstream's own figures, what was seen of it is booked.
  const seen = (): TokenUsage => ({ ...inputSeen, outputTokens: Math.ceil(producedBytes / bytesPerToken) });

  try {
    for await (const event of parts.events) {
      if (event.type === "answer.started" && event.usage !== undefined) inputSeen = event.usage;
      if (event.type === "text.delta" || event.type === "thinking.delta") {
        firstTokenMs ??= clock.now() - startedAt;
        producedBytes += Buffer.byteLength(event.text);
        const more = nextExtension(reservedOutput, producedBytes, parts.maxOutputTokens);
        if (more > 0) {
          const refusal = await failureOf(extend(parts, more));
          if (refusal !== undefined) {
            const usage = seen();
            await settle(refusal.code === "budget_exceeded" ? "budget_reached" : "failed", usage);
            yield { type: "answer.failed", error: refusal, usage };
            return;
          }
          reservedOutput += more;
        }
      }
      if (event.type === "answer.finished") {
        const outcome = event.reason === "length" ? "cut" : "completed";
        const unbooked = await settle(outcome, event.usage, event.costMicros);
        if (unbooked !== undefined) {
          yield { type: "answer.failed", error: unbooked, usage: event.usage };
          return;
        }
      }
      if (event.type === "answer.failed") await settle("failed", largerOf(event.usage, seen()));
      yield event;
    }
  } finally {
    await settle("cancelled", seen());
  }
}

/** Resolves with why the answer may not go on, where it may not. */
async function extend({ ledger, prices, model, requestId, estimate, clock }: MeterParts, outputTokens: number) {
  const amounts: Amounts = toExtensionAmounts(prices.reservationPriceOf(model), outputTokens, estimate.inputTokens);
  const outcome = await ledger.extend(requestId, amounts, clock.epoch());
  if (outcome.kind === "reserved") return undefined;
  if (outcome.kind === "over_budget") return toBudgetFailure(outcome.budget, clock.epoch());
  return toFailure("budget_exceeded", "The reservation of this request has ended.");
}

/** The failure that the work resolves with, or rejects with. */
async function failureOf(work: Promise<Failure | undefined | void>): Promise<Failure | undefined> {
  try {
    return (await work) ?? undefined;
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
}

/** A failed answer may have been counted in part by the upstream and in part not at all. */
function largerOf(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    inputTokens: Math.max(left.inputTokens, right.inputTokens),
    cacheReadTokens: Math.max(left.cacheReadTokens, right.cacheReadTokens),
    cacheWriteTokens: Math.max(left.cacheWriteTokens, right.cacheWriteTokens),
    outputTokens: Math.max(left.outputTokens, right.outputTokens),
  };
}
