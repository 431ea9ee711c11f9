import { type CompletionEvent, type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { FailureError, type Failure } from "@gantry/contracts/errors";
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
  /** Full id of the model that the agent was asked for. */
  readonly model: string;
  readonly maxOutputTokens: number | undefined;
  readonly startedAt: number;
  readonly clock: Clock;
}

/** Text has some four bytes a token; only used where nobody counted. */
const bytesPerToken = 4;

/**
 * Passes an answer on while it is paid for: extends the reservation ahead of what is produced, cuts the answer off where
 * a budget has no more, and settles before the final event is given out, or when the reader leaves. What cannot be
 * booked did not come to its end.
 */
export async function* meterAnswer(parts: MeterParts): AsyncGenerator<CompletionEvent, void, undefined> {
  const { bill, clock, startedAt } = parts;
  let producedBytes = 0;
  let reservedOutput = bill.estimate.outputTokens;
  let firstTokenMs: number | null = null;
  let inputSeen: TokenUsage = noUsage;
  let settled = false;
  let refused: Failure | undefined;

  async function settle(outcome: UsageOutcome, tokens: TokenUsage, costMicros?: number): Promise<Failure | undefined> {
    if (settled) return undefined;
    settled = true;
    await parts.payer.quiet();
    const { tally } = parts.payer;
    // What the upstream itself told of each call goes before what the agent says of them.
    const counted =
      tally.calls === 0
        ? { tokens, costMicros }
        : { tokens: tally.tokens, model: tally.model, costMicros: agrees(tokens) ? costMicros : undefined };
    const latencyMs = clock.now() - startedAt;
    return await failureOf(bill.settle({ outcome, ...counted, firstTokenMs, latencyMs }));
  }

  /** The agent's figure of the cost is good where it counted the same tokens, of the model that it thinks has answered. */
  function agrees(tokens: TokenUsage): boolean {
    const { tally } = parts.payer;
    const kinds = ["inputTokens", "cacheReadTokens", "cacheWriteTokens", "outputTokens"] as const;
    return tally.model === parts.model && kinds.every((kind) => tally.tokens[kind] === tokens[kind]);
  }

  // Where an answer ends without the upstream's own figures, what was seen of it is booked.
  const seen = (): TokenUsage => ({ ...inputSeen, outputTokens: Math.ceil(producedBytes / bytesPerToken) });

  try {
    for await (const event of parts.events) {
      if (event.type === "answer.started" && event.usage !== undefined) inputSeen = event.usage;
      const produced = textOf(event);
      if (produced !== undefined) {
        firstTokenMs ??= clock.now() - startedAt;
        producedBytes += Buffer.byteLength(produced);
        // Where the calls come through the server, they are extended there, nearer to the model.
        const isPaidThere = parts.payer.tally.calls > 0;
        const more = isPaidThere ? 0 : nextExtension(reservedOutput, producedBytes, parts.maxOutputTokens);
        if (more > 0) {
          const refusal = await failureOf(bill.extend(more));
          // Left first, so that the agent is at rest and all that it spent is known.
          if (refusal !== undefined) {
            refused = refusal;
            break;
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
      if (event.type === "answer.failed") {
        refused = parts.payer.tally.refusal?.failure;
        if (refused !== undefined) break;
        await settle("failed", largerOf(event.usage, seen()));
      }
      yield event.type === "answer.failed" ? withCause(event, parts.payer.tally.failure) : event;
    }
    if (refused !== undefined) {
      await settle(refused.code === "budget_exceeded" ? "budget_reached" : "failed", seen());
      yield { type: "answer.failed", error: refused, usage: seen() };
    }
  } finally {
    await settle("cancelled", seen());
  }
}

/** What the model has written of its answer. */
function textOf(event: CompletionEvent): string | undefined {
  if (event.type === "text.delta" || event.type === "thinking.delta") return event.text;
  if (event.type === "tool_call.started") return event.name;
  return event.type === "tool_call.delta" ? event.arguments : undefined;
}

/** What an agent says of its model's failure is its reading of what it was told. */
function withCause<Event extends { readonly error: Failure }>(event: Event, known: Failure | undefined): Event {
  return known !== undefined && event.error.code.startsWith("upstream_") ? { ...event, error: known } : event;
}

/** The failure that the work resolves with, or rejects with. */
async function failureOf(work: Promise<FailureError | undefined | void>): Promise<Failure | undefined> {
  try {
    return (await work)?.failure;
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
