/** Epoch milliseconds as the wire tells times: RFC 3339, in UTC. */
export function toTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

export function toNullableTimestamp(epochMs: number | null): string | null {
  return epochMs === null ? null : toTimestamp(epochMs);
}
