import type { ModelEvent } from "@gantry/contracts/model-call";
import { createContentGatherer } from "../../../../core/completions/gather-content.ts";
import type { AnswerHead } from "../../../../core/ports/call-format.ts";
import { encodeChatCompletion, type ChatCompletionBody } from "../encode.ts";

/**
 * Encodes a whole answer of a model's API as a `chat.completion` object. Throws where the last event is not `call.finished`: a failure
 * is no answer.
 */
export function encodeCallAnswer(events: readonly ModelEvent[], head: AnswerHead): ChatCompletionBody {
  const last = events.at(-1);
  if (last?.type !== "call.finished") throw new Error("Only an answer that is finished can be encoded whole.");
  const content = createContentGatherer();
  for (const event of events) content.add(event);
  const { id, created, model } = head;
  return encodeChatCompletion({ id, created, model, ...content.read(), finishReason: last.reason, usage: last.usage });
}
