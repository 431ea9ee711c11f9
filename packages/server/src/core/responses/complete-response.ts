import type { Completion } from "@gantry/contracts/completion";
import { FailureError, type Failure } from "@gantry/contracts/errors";
import type { MeteredAnswer } from "../completions/metered-completions.ts";
import { toModelEvent } from "../completions/to-model-event.ts";
import type { Clock } from "../ports/clock.ts";
import type { ReadResponse, ResponseBody, ResponsesFormat } from "../ports/responses-format.ts";

/** What makes a response that no client waits for. */
export interface CompletionOfResponse {
  readonly responseId: string;
  readonly completion: Completion;
  readonly read: ReadResponse;
  /** As it is kept while it is made. */
  readonly begun: ResponseBody;
  readonly format: ResponsesFormat;
  readonly clock: Clock;
}

/**
 * Makes a whole response. An answer that failed, or never began, gives a response that has failed: nobody waits for an
 * error. Rejects for bugs alone.
 */
export async function completeResponse(
  { responseId, completion, read, begun, format, clock }: CompletionOfResponse,
  complete: () => Promise<MeteredAnswer>,
): Promise<ResponseBody> {
  const started = await complete().catch((error: unknown): Failure => {
    if (error instanceof FailureError) return error.failure;
    throw error;
  });
  if ("code" in started) return format.close(begun, "failed", started);
  const now = () => Math.floor(clock.epoch() / 1000);
  const answer = read.openAnswer({ model: started.model, createdAt: Number(begun["created_at"]), now });
  const context = { id: responseId, stopSequences: completion.sampling.stopSequences ?? [] };
  for await (const event of started.events) {
    const told = toModelEvent(event, context);
    if (told !== undefined) answer.encode(told);
  }
  answer.finish();
  return answer.body();
}
