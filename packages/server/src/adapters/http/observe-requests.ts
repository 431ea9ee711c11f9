import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../../core/access/principal.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { AnswerStatus, Metrics } from "../../core/ports/metrics.ts";
import { openTrace, toTraceparent, type RandomHex, type TraceContext } from "../../core/tracing/trace-context.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Its place in the caller's trace, or in one of its own. Set before any other hook of the server runs. */
    trace: TraceContext;
  }
}

export interface RequestObserverParts {
  readonly metrics: Pick<Metrics, "httpAnswered">;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly randomHex: RandomHex;
}

/**
 * Gives every request its trace, and tells the log and the metrics of each when its connection is done with it, however
 * that came about; the framework's own hook would miss those whose client left. To be called before other hooks are added.
 */
export function observeRequests(app: FastifyInstance, { metrics, clock, log, randomHex }: RequestObserverParts): void {
  app.addHook("onRequest", async (request, reply) => {
    const startedAt = clock.now();
    request.trace = openTrace(request.headers["traceparent"], randomHex);
    reply.header("traceparent", toTraceparent(request.trace));
    reply.raw.once("close", () => {
      const ms = clock.now() - startedAt;
      const status = toStatus(reply);
      metrics.httpAnswered(toRoute(request), status, ms);
      log.info(toFields(request, reply, status, ms), "request answered");
    });
  });
}

/** The template of the address: the address itself may hold what is nobody's business, and is different each time. */
function toRoute(request: FastifyRequest): string {
  return request.routeOptions.url ?? "unknown";
}

function toStatus({ raw }: FastifyReply): AnswerStatus {
  if (!raw.writableFinished) return "cut";
  const classes = { 1: "1xx", 2: "2xx", 3: "3xx", 4: "4xx" } as const;
  return classes[Math.floor(raw.statusCode / 100) as keyof typeof classes] ?? "5xx";
}

/** The whole line: nothing of the body, of the address or of any header is in it but what is named here. */
function toFields(request: FastifyRequest, reply: FastifyReply, status: AnswerStatus, ms: number): object {
  // Not there on open routes, and where the key was refused.
  const principal: Partial<Principal> = request.principal ?? {};
  const { traceId, spanId, parentId } = request.trace;
  return {
    request: request.id,
    method: request.method,
    route: toRoute(request),
    status: reply.raw.statusCode,
    ...(status === "cut" ? { cut: true } : {}),
    ms: Math.round(ms),
    process: reply.getHeader("x-gantry-process"),
    key: principal.keyId,
    project: principal.projectId,
    trace_id: traceId,
    span_id: spanId,
    parent_span_id: parentId,
  };
}
