import { noUsage, type CompletionEvent, type TokenUsage } from "@gantry/contracts/completion";
import type { FailureError } from "@gantry/contracts/errors";
import type { UsageOutcome } from "@gantry/contracts/usage";
import type { Bill } from "../budgets/billing.ts";
import { nextExtension } from "../budgets/estimate.ts";
import type { TurnPayer } from "../model-plane/turn-payer.ts";
import type { Clock } from "../ports/clock.ts";

export interface MeterParts {
  readonly bill: Pick<Bill, "estimate" | "extend" | "settle">;
  /** Knows what the calls came to, where the agent's calls come through the server. */
  readonly payer: Pick<TurnPayer, "tally" | "quiet">;
  readonly events: AsyncIterable<CompletionEvent>;
  readonly maxOutputTokens: number | undefined;
  readonly startedAt: number;
  readonly clock: Clock;
}

/** Text has some four bytes a token; only used where nobody counted. */
const bytesPerToken = 4;

/**
 * Passes an answer on while it is paid for: extends the reservation ahead of what is produced, cuts the answer off where
 * a budget has no more, and settles before the final event is given out, or when the reader leaves.
 */
export async function* meterAnswer(parts: MeterParts): AsyncGenerator<CompletionEvent, void, undefined> {
  const { bill, clock, startedAt } = parts;
  let producedBytes = 0;
  let reservedOutput = bill.estimate.outputTokens;
  let firstTokenMs: number | null = null;
  let inputSeen: TokenUsage = noUsage;
  let settled = false;
  let refused: FailureError | undefined;

  async function settle(outcome: UsageOutcome, tokens: TokenUsage, costMicros: number | undefined): Promise<void> {
    if (settled) return;
    settled = true;
    await parts.payer.quiet();
    const { tally } = parts.payer;
    // What the upstream itself told of each call goes before what the agent says of them.
    const counted =
      tally.calls === 0 ? { tokens, costMicros } : { tokens: tally.tokens, ...agreed(tokens, costMicros) };
    await bill.settle({ outcome, ...counted, firstTokenMs, latencyMs: clock.now() - startedAt });
  }

  /** The agent's figure of the cost is good where it counted the same tokens. */
  function agreed(tokens: TokenUsage, costMicros: number | undefined): { readonly costMicros: number | undefined } {
    const { tally } = parts.payer;
    const kinds = ["inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens"] as const;
    return { costMicros: kinds.every((kind) => tally.tokens[kind] === tokens[kind]) ? costMicros : undefined };
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
          const refusal = await bill.extend(more);
          // Left first, so that the agent is at rest and all that it spent is known.
          if (refusal !== undefined) {
            refused = refusal;
            break;
          }
          reservedOutput += more;
        }
      }
      if (event.type === "answer.finished") {
        await settle(event.reason === "length" ? "cut" : "completed", event.usage, event.costMicros);
      }
      if (event.type === "answer.failed") {
        refused = parts.payer.tally.refusal;
        if (refused !== undefined) break;
        await settle("failed", largerOf(event.usage, seen()), undefined);
      }
      yield event;
    }
    if (refused !== undefined) {
      await settle("budget_reached", seen(), undefined);
      yield { type: "answer.failed", error: refused.failure, usage: seen() };
    }
  } finally {
    await settle("cancelled", seen(), undefined);
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
