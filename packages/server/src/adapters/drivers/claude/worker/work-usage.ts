import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { CliResult } from "../cli-line.ts";
import { addUsage, toCount } from "../token-figures.ts";
import { isObject } from "./work-blocks.ts";

/** What a process has used up since it began, as the CLI counts it: a turn's share is a difference. */
export interface WorkTotals {
  readonly usage: TokenUsage;
  readonly costUsd: number;
}

export const noTotals: WorkTotals = { usage: noUsage, costUsd: 0 };

/** A total beyond this is no total. */
const mostUsd = 1_000_000_000;

/** The totals of a result, or of what the CLI keeps of them in a transcript; undefined where they are not told. */
export function readTotals(modelUsage: unknown, costUsd: unknown): WorkTotals | undefined {
  if (!isObject(modelUsage) || typeof costUsd !== "number" || !(costUsd >= 0 && costUsd < mostUsd)) return undefined;
  return { usage: Object.values(modelUsage).filter(isObject).map(readModel).reduce(addUsage, noUsage), costUsd };
}

/**
 * This turn's share of a result's totals, the calls of subagents included. Undefined where the totals are less than they were: the CLI has
 * begun to count anew.
 */
export function readShare(
  result: CliResult,
  before: WorkTotals,
): { usage: TokenUsage; costMicros: number } | undefined {
  const total = readTotals(result.modelUsage, result.total_cost_usd);
  if (total === undefined || total.costUsd < before.costUsd) return undefined;
  return {
    usage: subtractUsage(total.usage, before.usage),
    costMicros: Math.round((total.costUsd - before.costUsd) * 1_000_000),
  };
}

function readModel(figures: Record<string, unknown>): TokenUsage {
  return {
    inputTokens: toCount(figures["inputTokens"], 0),
    cacheReadTokens: toCount(figures["cacheReadInputTokens"], 0),
    cacheWriteTokens: toCount(figures["cacheCreationInputTokens"], 0),
    outputTokens: toCount(figures["outputTokens"], 0),
  };
}

function subtractUsage(total: TokenUsage, before: TokenUsage): TokenUsage {
  const since = (field: keyof TokenUsage): number => Math.max(0, total[field] - before[field]);
  return {
    inputTokens: since("inputTokens"),
    cacheReadTokens: since("cacheReadTokens"),
    cacheWriteTokens: since("cacheWriteTokens"),
    outputTokens: since("outputTokens"),
  };
}
