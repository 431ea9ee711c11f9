import type { TokenUsage } from "@gantry/contracts/completion";
import { isRecord } from "../../check-shape.ts";

/**
 * Reads the figures of an answer; undefined where there are none. The input counts cached tokens, read and written, which
 * the contract keeps apart. Where the total is more than input and output together, the rest is thinking that some servers
 * leave out of the output, and that is billed as such. A server that tells more cached tokens than input is held to the
 * input.
 */
export function decodeUsage(value: unknown): TokenUsage | undefined {
  if (!isRecord(value)) return undefined;
  const details = isRecord(value["prompt_tokens_details"]) ? value["prompt_tokens_details"] : {};
  const prompt = toCount(value["prompt_tokens"]);
  const completion = toCount(value["completion_tokens"]);
  if (prompt === 0 && completion === 0) return undefined;
  // The second name is DeepSeek's.
  const cached = toCount(details["cached_tokens"]) || toCount(value["prompt_cache_hit_tokens"]);
  const cacheReadTokens = Math.min(cached, prompt);
  const cacheWriteTokens = Math.min(toCount(details["cache_write_tokens"]), prompt - cacheReadTokens);
  return {
    inputTokens: prompt - cacheReadTokens - cacheWriteTokens,
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens: Math.max(completion, toCount(value["total_tokens"]) - prompt),
  };
}

/** A whole number from 0 on, else 0. */
function toCount(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
