import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { MeteredAnswer, MeteredRequest } from "../../../core/completions/metered-completions.ts";
import { toModelEvent } from "../../../core/completions/to-model-event.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { AgentAnswer, AgentCall } from "./agent-call.ts";
import { setAnswerHeaders } from "./set-answer-headers.ts";
import { streamAnswer, withFirstSign } from "./stream-answer.ts";

export interface AgentCallParts {
  /** Starts the answer. Rejects with a `FailureError`. */
  readonly complete: (request: MeteredRequest) => Promise<MeteredAnswer>;
  readonly stallMs: number;
  readonly clock: Clock;
}

/**
 * Answers a call by an agent program, streamed or whole: `billed` is what {@link beginAgentCall} gives. Rejects with a `FailureError` before
 * anything was sent.
 */
export async function serveAgentCall(
  parts: AgentCallParts,
  call: AgentCall,
  billed: Omit<MeteredRequest, "completion">,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { completion, ignored, heartbeat } = call;
  if (ignored.length > 0) reply.header("x-gantry-ignored", ignored.join(", "));
  const answer = await parts.complete({ ...billed, completion, isStreamed: call.stream });
  const encoder = call.openAnswer(answer.model);
  const events = answer.events[Symbol.asyncIterator]();
  const noteFirstSign = (): void => setAnswerHeaders(request, reply, answer, parts);
  const context = { id: encoder.id, stopSequences: completion.sampling.stopSequences ?? [] };
  const { stallMs, clock } = parts;
  if (!call.stream) return await gatherAnswer(encoder, withFirstSign(events, noteFirstSign), context);
  const writer = {
    encode(event: Parameters<typeof toModelEvent>[0]) {
      const told = toModelEvent(event, context);
      return told === undefined ? "" : encoder.encode(told);
    },
    finish: () => encoder.finish(),
  };
  return await streamAnswer(
    { events, encoder: writer, noteFirstSign, stallMs, clock, ...(heartbeat !== undefined && { heartbeat }) },
    reply,
  );
}

/** The text of a failed answer is dropped: a client that did not ask for a stream gets an error, never half an answer. */
async function gatherAnswer(
  encoder: AgentAnswer,
  events: ReturnType<typeof withFirstSign>,
  context: Parameters<typeof toModelEvent>[1],
): Promise<unknown> {
  let failure: Failure | undefined = toFailure("upstream_interrupted");
  for await (const event of events) {
    if (event.type === "answer.finished") failure = undefined;
    else if (event.type === "answer.failed") failure = event.error;
    const told = toModelEvent(event, context);
    if (told !== undefined) encoder.encode(told);
  }
  await encoder.finish();
  if (failure !== undefined) throw new FailureError(failure);
  return encoder.body();
}
