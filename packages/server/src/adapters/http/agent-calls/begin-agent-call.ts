import type { FastifyReply, FastifyRequest } from "fastify";
import type { MeteredRequest } from "../../../core/completions/metered-completions.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { RateOutcome } from "../../../core/ports/rate-limiter.ts";
import { toTraceparent } from "../../../core/tracing/trace-context.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { createRequestId } from "../create-request-id.ts";
import { toRateHeaders } from "../to-rate-headers.ts";

/** What a request is billed by, for an answer of an agent program; the headers that are known by now are set. */
export function beginAgentCall(
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, createId }: { readonly clock: Clock; readonly createId: () => string },
): Omit<MeteredRequest, "completion"> {
  reply.header("x-gantry-driver", "claude");
  // Not the id that the client may choose: one that came twice would be taken for billed.
  const usageId = createRequestId({ createId });
  reply.header("x-gantry-usage-id", usageId);
  return {
    requestId: usageId,
    principal: request.principal,
    address: request.ip,
    payloadDigest: request.bodyDigest,
    signal: abortWhenClientLeaves(reply.raw),
    // A trace that began here is nobody's but ours: the model's provider need not see it.
    ...(request.trace.parentId === undefined ? {} : { traceparent: toTraceparent(request.trace) }),
    onRate: (rate: RateOutcome) => void reply.headers(toRateHeaders(rate, clock.epoch())),
  };
}
