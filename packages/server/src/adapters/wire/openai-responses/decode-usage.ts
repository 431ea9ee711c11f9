import type { TokenUsage } from "@gantry/contracts/completion";
import { readCount, toRecord } from "./read-json.ts";

/**
 * The API counts cached tokens, read and written, into the input, and thinking into the output; the contract's three input
 * figures do not overlap. A server that tells more cached tokens than input is held to the input.
 */
export function decodeUsage(value: unknown): TokenUsage {
  const usage = toRecord(value);
  const details = toRecord(usage["input_tokens_details"]);
  const input = readCount(usage, "input_tokens");
  const cacheReadTokens = Math.min(readCount(details, "cached_tokens"), input);
  const cacheWriteTokens = Math.min(readCount(details, "cache_write_tokens"), input - cacheReadTokens);
  return {
    inputTokens: input - cacheReadTokens - cacheWriteTokens,
    cacheReadTokens,
    cacheWriteTokens,
    outputTokens: readCount(usage, "output_tokens"),
  };
}
