/** In what the servers of this dialect differ, where a call is written for them. */
export interface ServerManner {
  /** The field that bounds the answer. */
  readonly outputBound: "max_completion_tokens" | "max_tokens";
  /** Whether `reasoning_effort` is known. It is left out for models that are known not to reason, which refuse it. */
  readonly takesEffort: boolean;
  readonly maximumStopSequences: number;
  /** Longer ids of tool calls are refused. */
  readonly longestCallId: number;
}

export const openAiManner: ServerManner = {
  outputBound: "max_completion_tokens",
  takesEffort: true,
  maximumStopSequences: 4,
  longestCallId: 40,
};

/** Azure knows `reasoning_effort` from the API version 2024-12-01 on, later than the one that is asked for by default. */
export const azureManner: ServerManner = { ...openAiManner, takesEffort: false };

/** Ollama, vLLM and the like: the older name of the bound is the one that all of them know. */
export const compatibleManner: ServerManner = {
  outputBound: "max_tokens",
  takesEffort: false,
  maximumStopSequences: Infinity,
  longestCallId: Infinity,
};
