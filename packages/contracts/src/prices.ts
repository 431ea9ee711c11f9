import { z } from "zod";

/** What models cost. Everything is in micro-dollars per million tokens: 3 dollars a million are 3_000_000. */

const rate = z.int().min(0).max(100_000_000_000);

/**
 * A missing cache rate is worked out from `input`, as the vendor does for most models: read 0.1, write 1.25 and 2
 * times.
 */
const rates = z.strictObject({
  input: rate,
  output: rate,
  cacheRead: rate.optional(),
  cacheWrite5m: rate.optional(),
  cacheWrite1h: rate.optional(),
});

export const priceEntry = z.strictObject({
  ...rates.shape,
  /** Id of a model, with `*` for any text. */
  model: z.string().min(1).max(256),
  /** Rates for a whole request whose prompt is longer than so many tokens. */
  longPrompt: z.strictObject({ ...rates.shape, abovePromptTokens: z.int().min(1).max(1_000_000_000) }).optional(),
});
export type PriceEntry = z.infer<typeof priceEntry>;

/** Prices of a config file: they go before the built-in ones. */
export const priceEntries = z.array(priceEntry).max(1000);
