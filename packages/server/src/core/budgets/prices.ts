import type { PriceEntry } from "@gantry/contracts/prices";

type Rates = Omit<PriceEntry, "model">;

/** From dollars, as the vendor lists them. */
function toRates(input: number, output: number, cacheRead = input / 10): Rates {
  const micros = (dollars: number): number => Math.round(dollars * 1_000_000);
  return {
    input: micros(input),
    output: micros(output),
    cacheRead: micros(cacheRead),
    cacheWrite5m: micros(input * 1.25),
    cacheWrite1h: micros(input * 2),
  };
}

const haiku55: Rates = { ...toRates(0.1, 0.5), longPrompt: { ...toRates(0.5, 2.5), abovePromptTokens: 100_000 } };

/**
 * Prices of the vendor's models by id: the catalogue in Claude Code 2.1.328. A model that is not here is unpriced until
 * the config file names it; a name is never guessed from its beginning, since the next model of a family may cost
 * another price.
 */
const byModel: Readonly<Record<string, Rates>> = {
  "claude-3-5-haiku": toRates(0.8, 4),
  "claude-haiku-4-5": toRates(1, 5),
  "claude-haiku-5-5": haiku55,
  "claude-3-5-sonnet": toRates(3, 15),
  "claude-3-7-sonnet": toRates(3, 15),
  "claude-sonnet-4": toRates(3, 15),
  "claude-sonnet-4-0": toRates(3, 15),
  "claude-sonnet-4-5": toRates(3, 15),
  "claude-sonnet-4-6": toRates(3, 15),
  "claude-sonnet-5": toRates(2, 10),
  "claude-sonnet-5-5": toRates(2, 10, 0.1),
  "claude-opus-4": toRates(15, 75),
  "claude-opus-4-0": toRates(15, 75),
  "claude-opus-4-1": toRates(15, 75),
  "claude-opus-4-5": toRates(5, 25),
  "claude-opus-4-6": toRates(5, 25),
  "claude-opus-4-7": toRates(5, 25),
  "claude-opus-4-8": toRates(5, 25),
  "claude-opus-5": toRates(5, 25),
  "claude-opus-5-5": toRates(4, 20, 0.2),
  "claude-fable-5": toRates(10, 50),
  "claude-fable-5-1": toRates(10, 50, 0.25),
  "claude-fable-5-2": toRates(8, 40, 0.2),
  "claude-mythos-5": toRates(10, 50),
  "claude-mythos-5-1": toRates(10, 50, 0.25),
  "claude-mythos-5-2": toRates(8, 40, 0.2),
};

export const builtInPrices: readonly PriceEntry[] = Object.entries(byModel).map(([model, rates]) => ({
  model,
  ...rates,
}));
