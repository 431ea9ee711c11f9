import type { FastifyReply, FastifyRequest } from "fastify";
import type { MeteredAnswer } from "../../../core/completions/metered-completions.ts";
import type { Clock } from "../../../core/ports/clock.ts";

/** What is known of an answer at the model's first sign. */
export function setAnswerHeaders(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: MeteredAnswer,
  { clock }: { readonly clock: Clock },
): void {
  const overhead = clock.now() - request.receivedAt - (answer.modelWaitMs() ?? 0);
  if (answer.cached) reply.header("x-gantry-cache", "hit");
  else reply.header("x-gantry-process", answer.temperature);
  reply.header("x-gantry-overhead-ms", Math.max(0, overhead).toFixed(1));
}
