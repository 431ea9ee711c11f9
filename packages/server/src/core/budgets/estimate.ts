import type { Amounts } from "../ports/ledger.ts";
import { costOf, type Price } from "./price-table.ts";

/** What is known of a request before it runs. */
export interface EstimateInput {
  /** Bytes of UTF-8 of everything that the model reads: system prompt and messages. */
  readonly inputBytes: number;
  readonly images: number;
  /** The client's own bound of the answer in tokens. */
  readonly maxOutputTokens?: number;
  /** Tokens of input that the agent program adds by itself. */
  readonly overheadTokens?: number;
}

export interface Estimate {
  readonly inputTokens: number;
  /** Tokens of the answer that are reserved at first. */
  readonly outputTokens: number;
  readonly amounts: Amounts;
}

/** Text has some four bytes a token, dense code and many scripts three; the estimate is to be high rather than low. */
const bytesPerToken = 3;
const tokensPerImage = 1_600;
/** Tokens of an answer that are reserved at first, and with each extension. */
const outputStep = 4_096;
/** A reservation is extended when what was produced comes so near to its end. */
const outputMargin = 1_024;
/** An answer is never longer; a wrong figure is bounded by it. */
const mostTokens = 100_000_000;

/**
 * What to reserve before a request runs: all of its input, at the dearest rate that input can have there, and the first
 * part of its answer. Take the price from `reservationPriceOf`, so that a model without a price is held by the dearest.
 */
export function estimateReservation(input: EstimateInput, price: Price): Estimate {
  const inputTokens = Math.min(
    mostTokens,
    toTokens(input.inputBytes) + toCount(input.images) * tokensPerImage + toCount(input.overheadTokens ?? 0),
  );
  const outputTokens = Math.min(outputStep, toBound(input.maxOutputTokens));
  return { inputTokens, outputTokens, amounts: toAmounts(price, inputTokens, outputTokens) };
}

/**
 * Tokens of output to reserve in addition, while the answer streams: 0 as long as the reservation is well ahead of what
 * was produced. Whole steps, up to the client's bound.
 */
export function nextExtension(reservedOutput: number, producedBytes: number, maxOutputTokens?: number): number {
  const needed = toTokens(producedBytes) + outputMargin;
  const missing = needed - toCount(reservedOutput);
  if (missing <= 0) return 0;
  const left = Math.max(0, toBound(maxOutputTokens) - toCount(reservedOutput));
  return Math.min(left, Math.ceil(missing / outputStep) * outputStep);
}

/**
 * What an extension by so many tokens of output adds to the reservation. `promptTokens`: the estimate of the input,
 * since a long prompt makes the answer dearer too.
 */
export function toExtensionAmounts(price: Price, outputTokens: number, promptTokens: number): Amounts {
  const before = toAmounts(price, promptTokens, 0);
  const after = toAmounts(price, promptTokens, outputTokens);
  return { micros: after.micros - before.micros, tokens: after.tokens - before.tokens };
}

function toAmounts(price: Price, inputTokens: number, outputTokens: number): Amounts {
  // The agent program caches what it sends, so that the input may be read, written to the cache, or neither.
  const usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens };
  const micros = Math.max(
    costOf(price, { ...usage, inputTokens }),
    costOf(price, { ...usage, cacheReadTokens: inputTokens }),
    costOf(price, { ...usage, cacheWriteTokens: inputTokens }),
  );
  return { micros, tokens: toCount(inputTokens) + toCount(outputTokens) };
}

function toTokens(bytes: number): number {
  return Math.ceil(toCount(bytes) / bytesPerToken);
}

function toBound(maxOutputTokens: number | undefined): number {
  return maxOutputTokens === undefined ? mostTokens : toCount(maxOutputTokens);
}

/** A whole number of at least 0; what is no number counts as none. */
function toCount(figure: number): number {
  return figure > 0 ? Math.min(Math.ceil(figure), mostTokens * bytesPerToken) : 0;
}
