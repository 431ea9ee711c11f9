import { type TokenUsage, noUsage } from "@gantry/contracts/completion";
import { z } from "zod";
import type { MessagesCall } from "./messages-upstream.ts";
import type { Told } from "./send-upstream-answer.ts";

const figures = z.object({
  input_tokens: z.number().optional(),
  cache_read_input_tokens: z.number().optional(),
  cache_creation_input_tokens: z.number().optional(),
  output_tokens: z.number().optional(),
});
const teller = z.object({ usage: figures.optional(), message: z.object({ usage: figures }).optional() });

/** The last word of a Messages API on what its answer came to; nothing where it told nothing. */
export function readToldUsage({ answer }: Pick<MessagesCall, "answer">): TokenUsage {
  const objects = answer.startsWith("{")
    ? [answer]
    : [...answer.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => data);
  let told: z.infer<typeof figures> = {};
  for (const object of objects) {
    const { usage, message } = teller.parse(JSON.parse(object));
    told = { ...told, ...message?.usage, ...usage };
  }
  return {
    inputTokens: told.input_tokens ?? 0,
    cacheReadTokens: told.cache_read_input_tokens ?? 0,
    cacheWriteTokens: told.cache_creation_input_tokens ?? 0,
    outputTokens: told.output_tokens ?? 0,
  };
}

/** The same of OpenAI's API, which counts what it read from its cache as a part of the input. */
export function toToldUsage({ input, cached = 0, output }: Told): TokenUsage {
  return { inputTokens: input - cached, cacheReadTokens: cached, cacheWriteTokens: 0, outputTokens: output };
}

export function sumTokens(usages: readonly TokenUsage[]): TokenUsage {
  return usages.reduce(
    (sum, usage) => ({
      inputTokens: sum.inputTokens + usage.inputTokens,
      cacheReadTokens: sum.cacheReadTokens + usage.cacheReadTokens,
      cacheWriteTokens: sum.cacheWriteTokens + usage.cacheWriteTokens,
      outputTokens: sum.outputTokens + usage.outputTokens,
    }),
    noUsage,
  );
}
