import type { TokenUsage } from "@gantry/contracts/completion";
import type { CliUsage } from "./cli-line.ts";

/** The figures of an event of the stream, over those known before. */
export function readUsage(before: TokenUsage, figures: CliUsage | undefined): TokenUsage {
  return {
    inputTokens: toCount(figures?.input_tokens, before.inputTokens),
    cacheReadTokens: toCount(figures?.cache_read_input_tokens, before.cacheReadTokens),
    cacheWriteTokens: toCount(figures?.cache_creation_input_tokens, before.cacheWriteTokens),
    outputTokens: toCount(figures?.output_tokens, before.outputTokens),
  };
}

export function addUsage(left: TokenUsage, right: TokenUsage): TokenUsage {
  return {
    inputTokens: left.inputTokens + right.inputTokens,
    cacheReadTokens: left.cacheReadTokens + right.cacheReadTokens,
    cacheWriteTokens: left.cacheWriteTokens + right.cacheWriteTokens,
    outputTokens: left.outputTokens + right.outputTokens,
  };
}

export function toCount(value: unknown, fallback: number): number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : fallback;
}
