import type { CompletionEvent } from "@gantry/contracts/completion";
import type { ModelEvent } from "@gantry/contracts/model-call";

/** What an answer's events do not say of themselves. */
export interface AnswerContext {
  /** As the dialect's answers have them. */
  readonly id: string;
  /** Those that were asked for. */
  readonly stopSequences?: readonly string[];
}

/** An event of an agent's answer as one of a model's; undefined where models have none. */
export function toModelEvent(event: CompletionEvent, { id, stopSequences }: AnswerContext): ModelEvent | undefined {
  switch (event.type) {
    case "upstream.retried":
      return undefined;
    case "answer.started": {
      const { model, usage } = event;
      return { type: "call.started", id, model, ...(usage && { usage }) };
    }
    case "answer.finished": {
      const { reason, usage } = event;
      // Which one it was is not told; of one alone it is known.
      const [met, ...others] = reason === "stop_sequence" ? (stopSequences ?? []) : [];
      const isKnown = met !== undefined && others.length === 0;
      return { type: "call.finished", reason, usage, ...(isKnown && { stopSequence: met }) };
    }
    case "answer.failed":
      return { type: "call.failed", error: event.error, usage: event.usage };
    default:
      return event;
  }
}
