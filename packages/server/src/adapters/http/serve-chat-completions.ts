import type { CompletionEvent } from "@gantry/contracts/completion";
import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { collectAnswer } from "../../core/completions/collect-answer.ts";
import type { MeteredAnswer } from "../../core/completions/metered-completions.ts";
import type { DecodedRequest } from "../../core/ports/wire-format.ts";
import { toTraceparent } from "../../core/tracing/trace-context.ts";
import type { RateOutcome } from "../../core/ports/rate-limiter.ts";
import { abortWhenClientLeaves } from "./abort-when-client-leaves.ts";
import { readSessionName } from "./chat/read-session-name.ts";
import { startChat } from "./chat/start-chat.ts";
import { openEventStream } from "./event-stream.ts";
import type { HttpParts } from "./http-parts.ts";
import { serveCall } from "./model-calls/add-messages-routes.ts";
import { readJson } from "./read-json.ts";
import { toPlainHeaders } from "./to-plain-headers.ts";
import { toRateHeaders } from "./to-rate-headers.ts";

const keptByAgentsAlone = "x-gantry-session: a model that is called directly keeps no conversation; send all of it.";

/** `POST /v1/chat/completions`. */
export function createChatCompletionsRoute(parts: HttpParts) {
  return async function serveChatCompletions(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const sessionHeader = request.headers["x-gantry-session"];
    if (parts.chooseRoad(request.rawBody, request.principal) === "direct") {
      if (sessionHeader !== undefined) throw new FailureError(toFailure("unsupported_feature", keptByAgentsAlone));
      return await serveCall({ ...parts, ...parts.calls }, "call", "openai-chat", request, reply);
    }
    reply.header("x-gantry-driver", "claude");
    // Not the id that the client may choose: one that came twice would be taken for billed.
    const usageId = `req_${parts.createId().replaceAll("-", "")}`;
    reply.header("x-gantry-usage-id", usageId);
    const leaving = abortWhenClientLeaves(reply.raw);
    const body = readJson(request.rawBody);
    const billed = {
      requestId: usageId,
      principal: request.principal,
      address: request.ip,
      payloadDigest: request.bodyDigest,
      signal: leaving,
      // A trace that began here is nobody's but ours: the model's provider need not see it.
      ...(request.trace.parentId === undefined ? {} : { traceparent: toTraceparent(request.trace) }),
      onRate: (rate: RateOutcome) => void reply.headers(toRateHeaders(rate, parts.clock.epoch())),
    };
    const note = ({ ignored }: DecodedRequest): void => {
      const named = sessionHeader === "user" ? ignored.filter((name) => name !== "user") : ignored;
      if (named.length > 0) reply.header("x-gantry-ignored", named.join(", "));
    };
    const session = readSessionName(sessionHeader, body);
    const { decoded, answer, principal } = await startChat(parts, body, billed, note, session);
    const events = answer.events[Symbol.asyncIterator]();
    const noteFirstSign = (): void => setAnswerHeaders(request, reply, answer, parts);
    return decoded.stream
      ? await streamAnswer(decoded, answer, events, reply, parts, noteFirstSign)
      : await sendWholeAnswer(answer, events, principal.projectId, parts, noteFirstSign);
  };
}

function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply, answer: MeteredAnswer, parts: HttpParts): void {
  const overhead = parts.clock.now() - request.receivedAt - (answer.modelWaitMs() ?? 0);
  if (answer.cached) reply.header("x-gantry-cache", "hit");
  else reply.header("x-gantry-process", answer.temperature);
  reply.header("x-gantry-overhead-ms", Math.max(0, overhead).toFixed(1));
}

async function sendWholeAnswer(
  answer: MeteredAnswer,
  events: AsyncIterator<CompletionEvent>,
  projectId: string,
  { chat, clock }: HttpParts,
  noteFirstSign: () => void,
): Promise<unknown> {
  const whole = await collectAnswer(withFirstSign(events, noteFirstSign));
  if (!whole.ok) throw new FailureError(whole.failure);
  const { text, thinking, calls, finishReason, usage, costMicros = null } = whole;
  const head = { id: chat.createId(), created: Math.floor(clock.epoch() / 1000), model: answer.model };
  const charged = { projectId, costMicros: answer.cached ? 0 : costMicros };
  return chat.encodeAnswer({ ...head, text, thinking, calls, finishReason, usage, charged });
}

async function* withFirstSign(events: AsyncIterator<CompletionEvent>, noteFirstSign: () => void) {
  let seen = false;
  for await (const event of { [Symbol.asyncIterator]: () => events }) {
    if (!seen && event.type !== "upstream.retried") {
      seen = true;
      noteFirstSign();
    }
    yield event;
  }
}

/** The status line waits for the first sign of the model, so that a failure before it is an HTTP error of its own. */
async function streamAnswer(
  decoded: DecodedRequest,
  answer: MeteredAnswer,
  events: AsyncIterator<CompletionEvent>,
  reply: FastifyReply,
  { chat, stallMs, clock }: HttpParts,
  noteFirstSign: () => void,
): Promise<FastifyReply> {
  const encoder = chat.openStream({
    id: chat.createId(),
    created: Math.floor(clock.epoch() / 1000),
    model: answer.model,
    includeUsage: decoded.includeUsage,
  });
  let head = "";
  let next = await events.next();
  for (; next.done !== true && next.value.type === "upstream.retried"; next = await events.next()) {
    head += encoder.encode(next.value);
  }
  const early = next.done === true ? undefined : toEarlyFailure(next.value);
  noteFirstSign();
  if (early !== undefined) {
    await events.return?.();
    throw new FailureError(early);
  }
  reply.hijack();
  const stream = openEventStream(reply.raw, toPlainHeaders(reply.getHeaders()), stallMs, clock);
  try {
    let text = head;
    for (; next.done !== true; next = await events.next()) {
      await stream.write(text + encoder.encode(next.value));
      text = "";
    }
  } finally {
    // Past the status line an error can only be told in the stream; `finish` does so where the answer is not whole.
    await stream.write(encoder.finish());
    stream.end();
    await events.return?.();
  }
  return reply;
}

function toEarlyFailure(event: CompletionEvent): Failure | undefined {
  return event.type === "answer.failed" ? event.error : undefined;
}
