/** The middle value, and how far the rounds lie apart. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The value below which the share `q` (0 to 1) of the values lies, between neighbours in proportion. NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Summary of one figure over the rounds. */
export function toSpread(values: readonly number[]): Spread {
  return { median: median(values), low: quantile(values, 0), high: quantile(values, 1) };
}
