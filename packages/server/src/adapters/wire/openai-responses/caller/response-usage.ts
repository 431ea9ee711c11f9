import type { TokenUsage } from "@gantry/contracts/completion";

/** OpenAI counts cached tokens into the input; the contract's three input figures do not overlap, so they are added. */
export function encodeResponseUsage({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: TokenUsage) {
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cacheReadTokens, cache_write_tokens: cacheWriteTokens },
    output_tokens: outputTokens,
    // How many of them were thought is not told.
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + outputTokens,
  };
}
