import { type FinishReason, type TokenUsage, noUsage } from "@gantry/contracts/completion";
import type { AgentEvent } from "../ports/driver.ts";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { createContentGatherer, type AnswerContent } from "./gather-content.ts";

export type CollectedAnswer =
  | (AnswerContent & {
      readonly ok: true;
      readonly finishReason: FinishReason;
      readonly usage: TokenUsage;
      /** Millionths of a US dollar, where the driver can tell. */
      readonly costMicros?: number;
    })
  | { readonly ok: false; readonly failure: Failure; readonly usage: TokenUsage };

/**
 * Folds the events of one answer into the whole answer, or into its failure. The text of a failed answer is dropped: a
 * client that did not ask for a stream gets an error, never half an answer. Events that end without a last word count
 * as `upstream_interrupted`. The events are read to their end; whatever comes after the last word has no effect.
 */
export async function collectAnswer(
  events: AsyncIterable<AgentEvent> | Iterable<AgentEvent>,
): Promise<CollectedAnswer> {
  const content = createContentGatherer();
  let outcome: CollectedAnswer | undefined;
  for await (const event of events) {
    if (outcome !== undefined) continue;
    if (event.type === "answer.failed") outcome = { ok: false, failure: event.error, usage: event.usage };
    else if (event.type === "answer.finished") {
      const { reason: finishReason, usage, costMicros } = event;
      const figures = { finishReason, usage, ...(costMicros !== undefined && { costMicros }) };
      outcome = { ok: true, ...content.read(), ...figures };
    } else if (event.type !== "output.rejected") content.add(event);
  }
  return outcome ?? { ok: false, failure: toFailure("upstream_interrupted"), usage: noUsage };
}
