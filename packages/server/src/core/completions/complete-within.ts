import { type CompletionEvent, noUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { Clock } from "../ports/clock.ts";
import type { MeteredAnswer, MeteredCompletions, MeteredRequest } from "./metered-completions.ts";

/**
 * Completes a request whose client gives it so many milliseconds, from now to the last event; without them, as it is. What is not whole by then is
 * interrupted, booked as far as it came, and fails with `upstream_timeout`.
 */
export async function completeWithin(
  completions: Pick<MeteredCompletions, "complete">,
  request: MeteredRequest,
  ms: number | undefined,
  clock: Clock,
): Promise<MeteredAnswer> {
  if (ms === undefined) return await completions.complete(request);
  const late = new AbortController();
  const cancel = clock.after(ms, () => late.abort());
  const failure = toFailure("upstream_timeout", `The answer was not whole within the ${ms / 1000} s of \`timeout\`.`);
  try {
    const signal = AbortSignal.any([request.signal, late.signal]);
    const answer = await completions.complete({ ...request, signal });
    const events = failLate(answer.events, late.signal, failure, cancel);
    return { ...answer, events, modelWaitMs: () => answer.modelWaitMs() };
  } catch (cause) {
    cancel();
    if (late.signal.aborted && !request.signal.aborted) throw new FailureError(failure, { cause });
    throw cause;
  }
}

async function* failLate(
  events: AsyncIterable<CompletionEvent>,
  late: AbortSignal,
  failure: Failure,
  cancel: () => void,
): AsyncGenerator<CompletionEvent, void, undefined> {
  let isOver = false;
  try {
    for await (const event of events) {
      isOver = event.type === "answer.finished" || event.type === "answer.failed";
      yield event.type === "answer.failed" && late.aborted ? { ...event, error: failure } : event;
    }
    if (!isOver && late.aborted) yield { type: "answer.failed", error: failure, usage: noUsage };
  } finally {
    cancel();
  }
}
