import type { TokenUsage } from "@gantry/contracts/completion";
import type { PriceEntry } from "@gantry/contracts/prices";
import { matchesWildcard } from "../access/match-wildcard.ts";
import { builtInPrices } from "./prices.ts";

/** Micro-dollars per million tokens. */
export interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
}

export interface Price extends Rates {
  /** What the whole request costs instead where its prompt is longer than so many tokens. */
  readonly longPrompt?: Rates & { readonly abovePromptTokens: number };
}

/**
 * Tokens to be paid for. Of the cache writes, those that are kept for an hour; the others are kept for five minutes.
 */
export type BilledUsage = TokenUsage & { readonly cacheWrite1hTokens?: number };

export interface PriceTable {
  /** Undefined where the model has no price: unpriced, not free. */
  priceOf(model: string): Price | undefined;
  /** The price of a model, or where it has none the dearest there is: for what has to be reserved before it runs. */
  reservationPriceOf(model: string): Price;
}

/**
 * Makes a table of the built-in prices with those of a config file before them. Of the entries of one kind that cover a
 * model, the one with the most literal characters counts, so `claude-opus-*` may stand beside an exception.
 */
export function createPriceTable(configured: readonly PriceEntry[] = []): PriceTable {
  const own = toLookup(configured);
  const builtIn = toLookup(builtInPrices);
  const dearest = findDearest([...configured, ...builtInPrices].map(toPrice));
  const priceOf = (model: string): Price | undefined => own(model) ?? builtIn(model);
  return { priceOf, reservationPriceOf: (model) => priceOf(model) ?? dearest };
}

/** The cost in whole micro-dollars, rounded up. A figure that is no number of tokens counts as none. */
export function costOf(price: Price, usage: BilledUsage): number {
  const cacheWrite = toCount(usage.cacheWriteTokens);
  const cacheWrite1h = Math.min(cacheWrite, toCount(usage.cacheWrite1hTokens ?? 0));
  const input = toCount(usage.inputTokens);
  const cacheRead = toCount(usage.cacheReadTokens);
  const { longPrompt } = price;
  const isLong = longPrompt !== undefined && input + cacheRead + cacheWrite > longPrompt.abovePromptTokens;
  const rates = isLong ? longPrompt : price;
  const parts: readonly (readonly [tokens: number, rate: number])[] = [
    [input, rates.input],
    [toCount(usage.outputTokens), rates.output],
    [cacheRead, rates.cacheRead],
    [cacheWrite - cacheWrite1h, rates.cacheWrite5m],
    [cacheWrite1h, rates.cacheWrite1h],
  ];
  const roughly = parts.reduce((sum, [tokens, rate]) => sum + tokens * rate, 0);
  if (roughly < largestExact) return Math.ceil(roughly / 1_000_000);
  const total = parts.reduce((sum, [tokens, rate]) => sum + BigInt(tokens) * BigInt(rate), 0n);
  return Number((total + 999_999n) / 1_000_000n);
}

/** Below it, a number holds each of these products and sums exactly, and what it is divided into is rounded up rightly. */
const largestExact = 2 ** 50;

/** More tokens than any request has; keeps a figure gone wrong from becoming a sum that cannot be counted. */
const mostTokens = 1_000_000_000;

function toCount(tokens: number): number {
  return tokens > 0 ? Math.min(Math.ceil(tokens), mostTokens) : 0;
}

function toPrice(entry: PriceEntry): Price {
  const { longPrompt } = entry;
  if (longPrompt === undefined) return toRates(entry);
  return { ...toRates(entry), longPrompt: { ...toRates(longPrompt), abovePromptTokens: longPrompt.abovePromptTokens } };
}

function toRates(entry: Omit<PriceEntry, "model" | "longPrompt">): Rates {
  const { input, output } = entry;
  return {
    input,
    output,
    cacheRead: entry.cacheRead ?? Math.ceil(input / 10),
    cacheWrite5m: entry.cacheWrite5m ?? Math.ceil(input * 1.25),
    cacheWrite1h: entry.cacheWrite1h ?? input * 2,
  };
}

/** The highest of each rate: no one model need have them all. */
function findDearest(prices: readonly Price[]): Price {
  const all: readonly Rates[] = prices.flatMap((price) =>
    price.longPrompt === undefined ? [price] : [price, price.longPrompt],
  );
  const highest = (rate: keyof Rates): number => Math.max(...all.map((rates) => rates[rate]));
  return {
    input: highest("input"),
    output: highest("output"),
    cacheRead: highest("cacheRead"),
    cacheWrite5m: highest("cacheWrite5m"),
    cacheWrite1h: highest("cacheWrite1h"),
  };
}

/** Finds by the id as it is, then by the id without what a provider or a release adds to it. */
function toLookup(entries: readonly PriceEntry[]): (model: string) => Price | undefined {
  const exact = new Map(entries.map((entry) => [entry.model, toPrice(entry)]));
  const patterns = entries
    .filter(({ model }) => model.includes("*"))
    .map((entry) => ({
      pattern: entry.model,
      literal: entry.model.replaceAll("*", "").length,
      price: toPrice(entry),
    }))
    .sort((left, right) => right.literal - left.literal);
  const find = (model: string): Price | undefined =>
    exact.get(model) ?? patterns.find(({ pattern }) => matchesWildcard(pattern, model))?.price;
  return (model) => (model.length > 256 ? undefined : (find(model) ?? find(toPlainId(model))));
}

/**
 * `us.anthropic.claude-opus-4-1-20250805-v1:0`, `claude-opus-4-1@20250805` and `claude-opus-4-1[1m]` are
 * `claude-opus-4-1`.
 */
function toPlainId(model: string): string {
  return model
    .replace(/^([a-z]{2,6}\.)?anthropic\./, "")
    .replace(/\[[^\]]*\]$/, "")
    .replace(/-v\d+(:\d+)?$/, "")
    .replace(/[-@]20\d{6}$/, "");
}
