import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { UsageOutcome } from "@gantry/contracts/usage";
import { nextExtension } from "../budgets/estimate.ts";
import type { TapReading } from "../ports/call-format.ts";
import type { Clock } from "../ports/clock.ts";
import { UpstreamError } from "../ports/upstream-client.ts";
import { toBrokenAnswer } from "../upstreams/to-broken-answer.ts";
import type { CallCarrier } from "./call-carrier.ts";
import type { CallPayment } from "./call-payer.ts";

export interface CarryParts {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly carrier: CallCarrier;
  readonly payment: CallPayment;
  readonly maxOutputTokens: number | undefined;
  /** The one that answers. */
  readonly model: string;
  /** When the call came, on the monotonic clock. */
  readonly startedAt: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called when the answer is done with, however that came about. */
  end(): void;
}

/** Text has some four bytes a token; only used where nobody counted. */
const bytesPerToken = 4;

/**
 * Carries a streamed answer to the client while it is paid for: sets more aside ahead of what comes, cuts the answer off where a
 * budget has no more, and books the upstream's figures before the client sees the end, or when it leaves.
 */
export async function* carryAnswer(parts: CarryParts): AsyncGenerator<Uint8Array | string, void, undefined> {
  const { carrier, payment, clock, startedAt } = parts;
  let outputTokens = payment.outputTokens;
  let seenBytes = 0;
  let firstTokenMs: number | null = null;
  // Whether the client has had the answer's last word.
  let ended = false;

  const settle = (outcome: UsageOutcome, reading: TapReading, failure?: Failure): Promise<void> =>
    payment.settle({
      model: parts.model,
      outcome,
      failure,
      tokens: toTokens(reading, payment.inputTokens),
      costMicros: undefined,
      firstTokenMs,
      latencyMs: clock.now() - startedAt,
    });

  try {
    for await (const bytes of parts.bytes) {
      const piece = carrier.push(bytes);
      const reading = carrier.read();
      if (reading.contentBytes > 0) firstTokenMs ??= clock.now() - startedAt;
      // The next piece may be as long as this one, and comes before more can be set aside for it.
      const expectedBytes = 2 * reading.contentBytes - seenBytes;
      seenBytes = reading.contentBytes;
      const more = nextExtension(outputTokens, expectedBytes, parts.maxOutputTokens);
      if (more > 0 && !reading.finished) {
        const refusal = await payment.extend(more);
        if (refusal !== undefined) {
          await settle("budget_reached", reading);
          yield await carrier.fail(refusal.failure);
          return;
        }
        outputTokens += more;
      }
      if (reading.finished) await settle(isCut(reading) ? "cut" : "completed", reading);
      if (piece.length > 0) yield piece;
      ended ||= reading.finished || reading.error !== undefined;
    }
    const last = await carrier.finish();
    const reading = carrier.read();
    await settle(reading.finished ? "completed" : "failed", reading);
    if (last.length > 0) yield last;
  } catch (error) {
    if (parts.signal.aborted) return;
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    await settle("failed", carrier.read(), failure).catch(() => {});
    if (!ended) yield await carrier.fail(failure);
  } finally {
    // What could not be booked is booked later; there is nobody left to be told.
    await settle("cancelled", carrier.read()).catch(() => {});
    parts.end();
  }
}

/** What cannot be booked, too, did not come to its end. Undefined for a bug. */
function failureOf(error: unknown): Failure | undefined {
  if (error instanceof UpstreamError) return toBrokenAnswer(error);
  return error instanceof FailureError ? error.failure : undefined;
}

/** The figures; what the upstream did not tell, or had not told yet, is estimated: from what was asked, and from what came. */
export function toTokens({ usage, contentBytes, finished }: TapReading, estimatedInput: number): TapReading["usage"] {
  if (finished && usage.outputTokens > 0) return usage;
  const isTold = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens > 0;
  const inputTokens = isTold || contentBytes === 0 ? usage.inputTokens : estimatedInput;
  return {
    ...usage,
    inputTokens,
    outputTokens: Math.max(usage.outputTokens, Math.ceil(contentBytes / bytesPerToken)),
  };
}

/** The model was stopped by the client's own bound. */
export function isCut({ stopReason }: TapReading): boolean {
  return stopReason === "max_tokens" || stopReason === "length";
}

/** The longest answer or error that is taken whole. */
const longestWhole = 64 * 1024 * 1024;

/** Reads an answer to its end. Throws a `FailureError` where it breaks off or has no end. */
export async function readWhole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of bytes) {
      pieces.push(piece);
      length += piece.length;
      if (length > longestWhole) throw new FailureError(toFailure("upstream_failed", "The answer has no end."));
    }
  } catch (error) {
    if (error instanceof UpstreamError) throw new FailureError(toBrokenAnswer(error), { cause: error });
    throw error;
  }
  return Buffer.concat(pieces);
}
