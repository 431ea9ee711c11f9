import { previewTypes } from "@gantry/contracts/session-events";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import type { Operation } from "../admin/operation.ts";
import { openEventStream } from "../event-stream.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";
import { readManagedCall } from "./add-managed-operations.ts";
import { encodeSessionFrame } from "./encode-session-frame.ts";
import { findThread, selectFrames } from "./find-thread.ts";
import { listField, sequenceField } from "./managed-query-fields.ts";
import type { SessionThread } from "./to-session-thread.ts";

export const streamQuery = z.strictObject({
  event_deltas: listField(z.enum(previewTypes), previewTypes.length),
  after: sequenceField.optional().meta({ description: "Sequence of the last event that the reader has; 0 for all." }),
});

/** Described here and served below: their answers do not end by themselves. */
export const eventStreamOperations = {
  streamEvents: {
    method: "GET",
    path: "/v1/sessions/:id/events/stream",
    summary:
      "Stream the events of a session as they come; with `after` or the header `Last-Event-ID`, those after it first. The first frame " +
      "says `ok`, or `gap` where some are not kept any more.",
    access: "sessions",
    query: streamQuery,
    texts: ["text/event-stream"],
    answer: z.never(),
  },
  streamThreadEvents: {
    method: "GET",
    path: "/v1/sessions/:id/threads/:thread/stream",
    summary: "Stream the events of a thread as they come.",
    access: "sessions",
    query: streamQuery,
    texts: ["text/event-stream"],
    answer: z.never(),
  },
} as const satisfies Record<string, Operation>;

export interface EventStreamParts {
  readonly sessions: SessionService;
  /** How long a reader may take nothing. */
  readonly stallMs: number;
  readonly clock: Clock;
}

export function addEventStreamRoutes(app: FastifyInstance, parts: EventStreamParts): void {
  const { streamEvents, streamThreadEvents } = eventStreamOperations;
  app.get<{ Params: { id: string } }>(streamEvents.path, async (request, reply) => {
    const { id } = request.params;
    return await stream(parts, id, request, reply);
  });
  app.get<{ Params: { id: string; thread: string } }>(streamThreadEvents.path, async (request, reply) => {
    const { principal } = readManagedCall(streamThreadEvents, request, reply);
    const thread = await findThread(parts.sessions, principal, request.params);
    return await stream(parts, thread.session_id, request, reply, thread);
  });
}

async function stream(
  { sessions, stallMs, clock }: EventStreamParts,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
  thread?: SessionThread,
): Promise<FastifyReply> {
  const call = readManagedCall(eventStreamOperations.streamEvents, request, reply);
  // The table's schema is `streamQuery`; the call of any operation does not know it.
  const { event_deltas: previews = [], after: named } = call.query as z.output<typeof streamQuery>;
  const after = readLastEventId(request) ?? named;
  const signal = abortWhenClientLeaves(reply.raw);
  const frames = await sessions.subscribe(
    call.principal,
    id,
    { previews, ...(after !== undefined && { after }) },
    signal,
  );
  reply.hijack();
  const events = openEventStream(reply.raw, toPlainHeaders(reply.getHeaders()), stallMs, clock);
  // A reader waits for the headers before it does anything else.
  reply.raw.flushHeaders();
  try {
    for await (const frame of selectFrames(thread, frames))
      await events.write(encodeSessionFrame(frame, after !== undefined));
  } finally {
    events.end();
  }
  return reply;
}

/** Where a reader that comes back says it is: newer than what stands in its address. */
function readLastEventId({ headers }: FastifyRequest): number | undefined {
  const given = headers["last-event-id"];
  return typeof given === "string" && /^\d{1,15}$/.test(given) ? Number(given) : undefined;
}
