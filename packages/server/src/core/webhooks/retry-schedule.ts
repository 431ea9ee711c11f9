const firstMs = 5_000;
const factor = 4;
const longestMs = 6 * 3_600_000;

/** The first and ten more, the last some 30 hours after the event. */
export const mostAttempts = 11;
/** From so many failures in a row on an endpoint is let rest as a whole. */
const restFrom = 5;
/** At so many it is disabled. */
export const mostFailuresInARow = 20;
const longestRestMs = 600_000;

/** How long after the `attempt`th attempt the next one comes; `random` (from 0 to 1) spreads those that failed together. */
export function toRetryDelay(attempt: number, random: number): number {
  const delay = Math.min(firstMs * factor ** (attempt - 1), longestMs);
  return Math.round(delay * (0.75 + random / 2));
}

/** How long an endpoint is let rest after so many failures in a row; 0 for not at all. */
export function toRest(failuresInARow: number, random: number): number {
  if (failuresInARow < restFrom) return 0;
  const rest = Math.min(firstMs * 2 ** (failuresInARow - restFrom), longestRestMs);
  return Math.round(rest * (0.75 + random / 2));
}
