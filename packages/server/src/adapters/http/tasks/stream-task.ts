import type { FastifyReply, FastifyRequest } from "fastify";
import type { Principal } from "../../../core/access/principal.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { type EventStream, openEventStream } from "../event-stream.ts";
import { encodeSessionFrame } from "../managed/encode-session-frame.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";
import type { TaskRouteParts } from "./add-task-routes.ts";

/** The places and states of a task, and the events of its session, until it has ended and all of them are told. */
export async function streamTask(
  parts: TaskRouteParts,
  principal: Principal,
  id: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // A task that is not there is told before anything is sent.
  await parts.tasks.get(principal, id);
  const left = abortWhenClientLeaves(reply.raw);
  const done = new AbortController();
  const signal = AbortSignal.any([left, done.signal]);
  reply.hijack();
  const events = openEventStream(reply.raw, toPlainHeaders(reply.getHeaders()), parts.stallMs, parts.clock);
  reply.raw.flushHeaders();
  const last = Number(request.headers["last-event-id"] ?? 0);
  const log = createLogReader(parts, principal, events, Number.isSafeInteger(last) && last > 0 ? last : 0, signal);
  try {
    for await (const news of parts.tasks.watch(principal, id, signal)) {
      const { type, ...rest } = news;
      await events.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`);
      if (news.type === "task.status" && news.task.session_id !== null) log.begin(news.task.session_id);
    }
    await log.ended();
  } finally {
    done.abort();
    events.end();
  }
  return reply;
}

function createLogReader(
  { sessions }: TaskRouteParts,
  principal: Principal,
  events: EventStream,
  after: number,
  signal: AbortSignal,
) {
  let reading: Promise<void> | undefined;
  let sessionId = "";
  let sent = after;
  let until: number | undefined;
  let wake: () => void = () => {};

  async function read(id: string): Promise<void> {
    for await (const frame of await sessions.subscribe(
      principal,
      id,
      { after, previews: [], scope: "tasks" },
      signal,
    )) {
      if (frame.type === "event") {
        await events.write(encodeSessionFrame(frame, true));
        sent = frame.sequence;
      } else if (frame.type === "closed") return;
      if (until !== undefined && sent >= until) wake();
    }
  }

  return {
    begin(id: string): void {
      sessionId = id;
      // It may have been cut, or deleted: the states are told all the same.
      reading ??= read(id).catch(() => undefined);
    },
    /** Resolves when everything that is in the log now has been sent. */
    async ended(): Promise<void> {
      if (reading === undefined) return;
      const session = await sessions.get(principal, sessionId).catch(() => undefined);
      until = session?.gantry.last_sequence ?? 0;
      if (sent >= until) return;
      await Promise.race([reading, new Promise<void>((resolve) => (wake = resolve))]);
    },
  };
}
