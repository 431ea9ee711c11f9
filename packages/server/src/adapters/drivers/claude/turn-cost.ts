import type { CliResult } from "./cli-line.ts";

/** A total beyond this is no total. */
const mostUsd = 1_000_000_000;

/** What the CLI says that all turns of the process have cost; undefined where it does not. */
export function readCost({ total_cost_usd: total }: CliResult): number | undefined {
  return typeof total === "number" && Math.abs(total) < mostUsd ? total : undefined;
}

/** The CLI's total grows over the life of the process: this turn's share is the difference. */
export function toMicros(total: number | undefined, before: number): number | undefined {
  return total !== undefined && total >= before ? Math.round((total - before) * 1_000_000) : undefined;
}
