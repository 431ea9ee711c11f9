import type { Amounts } from "../ports/ledger.ts";
import { type Estimate, type EstimateInput, estimateReservation, toExtensionAmounts } from "./estimate.ts";
import type { PriceTable } from "./price-table.ts";

interface Priceable {
  readonly model: string;
  readonly otherModels?: readonly string[];
  readonly size: EstimateInput;
}

export interface DearestEstimate {
  readonly estimate: Estimate;
  /** What an extension by so many tokens of output adds. */
  extensionOf(outputTokens: number): Amounts;
}

/** What to reserve where one of several models will answer: enough for the dearest. */
export function estimateDearest(
  { model, otherModels = [], size }: Priceable,
  { reservationPriceOf }: Pick<PriceTable, "reservationPriceOf">,
): DearestEstimate {
  const prices = [model, ...otherModels].map(reservationPriceOf);
  const estimate = prices
    .map((price) => estimateReservation(size, price))
    .reduce((dearest, next) => (next.amounts.micros > dearest.amounts.micros ? next : dearest));
  return {
    estimate,
    extensionOf: (outputTokens) =>
      prices
        .map((price) => toExtensionAmounts(price, outputTokens, estimate.inputTokens))
        .reduce((dearest, next) => (next.micros > dearest.micros ? next : dearest)),
  };
}
