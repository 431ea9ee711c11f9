import type { Sampling } from "@gantry/contracts/completion";

/** Environment values that the CLI takes at run time; they hold from the next model call and outlive a clear. */
export type RuntimeSettings = Readonly<Record<string, string>>;

/** As a fresh process has them. */
export const defaultSettings: RuntimeSettings = {
  CLAUDE_CODE_EXTRA_BODY: "",
  CLAUDE_CODE_MAX_OUTPUT_TOKENS: "",
  CLAUDE_CODE_DISABLE_THINKING: "",
  ANTHROPIC_CUSTOM_HEADERS: "",
};

/** Thinking is paid from the same allowance as the answer, and the vendor's API wants at least 1,024 tokens for it. */
const leastTokensForThinking = 4096;

/**
 * The whole set for one turn, so that nothing of an earlier turn can show. What the CLI has no setting for goes into
 * the body of its model calls. The vendor's API refuses other temperatures together with thinking, so a turn that sets
 * one runs without thinking, and so does a turn with a small allowance. `traceparent` goes with the turn's model calls.
 */
export function toRuntimeSettings(sampling: Sampling, traceparent?: string): RuntimeSettings {
  const { temperature, topP, stopSequences, maxOutputTokens } = sampling;
  const body = {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stopSequences === undefined || stopSequences.length === 0 ? {} : { stop_sequences: stopSequences }),
  };
  const changesSampling = (temperature !== undefined && temperature !== 1) || (topP !== undefined && topP !== 1);
  const isTight = maxOutputTokens !== undefined && maxOutputTokens < leastTokensForThinking;
  return {
    CLAUDE_CODE_EXTRA_BODY: Object.keys(body).length === 0 ? "" : JSON.stringify(body),
    CLAUDE_CODE_MAX_OUTPUT_TOKENS: maxOutputTokens === undefined ? "" : String(maxOutputTokens),
    CLAUDE_CODE_DISABLE_THINKING: changesSampling || isTight ? "1" : "",
    ANTHROPIC_CUSTOM_HEADERS: traceparent === undefined ? "" : `traceparent: ${traceparent}`,
  };
}

export function sameSettings(left: RuntimeSettings, right: RuntimeSettings): boolean {
  return Object.keys(defaultSettings).every((name) => left[name] === right[name]);
}
