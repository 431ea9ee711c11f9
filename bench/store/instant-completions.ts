import type { CompletionEvent, TokenUsage } from "@gantry/contracts/completion";
import type { CompletionService } from "../../packages/server/src/core/completions/completion-service.ts";
import type { AgentModel } from "../../packages/server/src/core/ports/driver.ts";

/** What the CLI 2.1.328 lists. */
const models: readonly AgentModel[] = [
  { id: "claude-haiku-5-5", aliases: ["haiku"], displayName: "Haiku" },
  { id: "claude-sonnet-5-5", aliases: ["sonnet"], displayName: "Sonnet" },
  { id: "claude-opus-5-5", aliases: ["opus"], displayName: "Opus" },
];

/** What every answer costs. */
export const instantUsage: TokenUsage = { inputTokens: 120, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 3 };
export const instantCostMicros = 270;

/** Agents that answer at once: what is left of a request's time is what stands before them. */
export function createInstantCompletions(): CompletionService {
  return {
    async complete({ completion }) {
      return {
        temperature: "same-conversation",
        model: completion.model,
        events: answer(completion.model),
        modelWaitMs: () => 0,
      };
    },
    models: async () => models,
    knownModels: () => models,
    status: () => ({
      ready: true,
      processes: { busy: 0, holding: 0, clean: 0, spare: 0, starting: 0, limit: 0 },
      queue: { length: 0, limit: 0 },
      agentVersion: undefined,
      models: models.map(({ id }) => id),
    }),
  };
}

async function* answer(model: string): AsyncGenerator<CompletionEvent, void, undefined> {
  yield { type: "answer.started", model };
  yield { type: "text.delta", text: "An answer." };
  yield { type: "answer.finished", reason: "stop", usage: instantUsage, costMicros: instantCostMicros };
}
