/** Millionths of a US dollar as dollars: at least cents, at most all six places. */
export function showDollars(micros: number | null): string {
  if (micros === null) return "unpriced";
  const places = (micros / 1e6).toFixed(6).replace(/0{1,4}$/, "");
  return micros < 0 ? `-$${places.slice(1)}` : `$${places}`;
}

/** ISO 8601 in UTC, to the second. */
export function showTime(time: number | null): string {
  if (time === null) return "-";
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "?" : date.toISOString().replace(/\.\d{3}Z$/, "Z");
}

export function showCount(count: number): string {
  return count.toLocaleString("en-US");
}

export function showPairs(pairs: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(pairs).map(([name, value]) => `${name}=${String(value)}`);
  return shown.length === 0 ? "-" : shown.join(", ");
}

export function showList(values: readonly string[]): string {
  return values.length === 0 ? "-" : values.join(", ");
}
