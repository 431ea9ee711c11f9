import type { CompletionEvent } from "@gantry/contracts/completion";
import { FailureError, type Failure } from "@gantry/contracts/errors";
import type { FastifyReply } from "fastify";
import type { Clock } from "../../../core/ports/clock.ts";
import { openEventStream } from "../event-stream.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";

export interface AnswerStreamParts {
  readonly events: AsyncIterator<CompletionEvent>;
  readonly encoder: StreamWriter;
  /** Told at the model's first sign, before the headers are sent. */
  readonly noteFirstSign: () => void;
  /** In the place of a comment. */
  readonly heartbeat?: string;
  readonly stallMs: number;
  readonly clock: Clock;
}

/** Events in, text of server-sent events out. */
export interface StreamWriter {
  encode(event: CompletionEvent): string;
  finish(): string | Promise<string>;
}

/** The status line waits for the first sign of the model, so that a failure before it is an HTTP error of its own. */
export async function streamAnswer(parts: AnswerStreamParts, reply: FastifyReply): Promise<FastifyReply> {
  const { events, encoder, stallMs, clock, heartbeat } = parts;
  let head = "";
  let next = await events.next();
  for (; next.done !== true && next.value.type === "upstream.retried"; next = await events.next()) {
    head += encoder.encode(next.value);
  }
  const early = next.done === true ? undefined : toEarlyFailure(next.value);
  parts.noteFirstSign();
  if (early !== undefined) {
    await events.return?.();
    throw new FailureError(early);
  }
  reply.hijack();
  const stream = openEventStream(reply.raw, toPlainHeaders(reply.getHeaders()), stallMs, clock, heartbeat);
  try {
    let text = head;
    for (; next.done !== true; next = await events.next()) {
      await stream.write(text + encoder.encode(next.value));
      text = "";
    }
  } finally {
    // Past the status line an error can only be told in the stream; `finish` does so where the answer is not whole.
    await stream.write(await encoder.finish());
    stream.end();
    await events.return?.();
  }
  return reply;
}

function toEarlyFailure(event: CompletionEvent): Failure | undefined {
  return event.type === "answer.failed" ? event.error : undefined;
}

/** The same events; the first that is a sign of the model is noted. */
export async function* withFirstSign(
  events: AsyncIterator<CompletionEvent>,
  noteFirstSign: () => void,
): AsyncGenerator<CompletionEvent, void, undefined> {
  let seen = false;
  for await (const event of { [Symbol.asyncIterator]: () => events }) {
    if (!seen && event.type !== "upstream.retried") {
      seen = true;
      noteFirstSign();
    }
    yield event;
  }
}
