import type { TokenUsage } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { requireScope } from "../../../core/access/principal.ts";
import { collectAnswer } from "../../../core/completions/collect-answer.ts";
import type { MeteredAnswer, MeteredCompletions } from "../../../core/completions/metered-completions.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import { completeInSession, type InSessionParts } from "../chat/complete-in-session.ts";
import { createRequestId } from "../create-request-id.ts";
import { openEventStream } from "../event-stream.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";
import { toKoineCode } from "./encode-koine-error.ts";
import { readKoineBody } from "./koine-body.ts";
import { createKoineStream } from "./koine-stream.ts";

export interface KoineParts extends InSessionParts {
  readonly completions: Pick<MeteredCompletions, "complete" | "status">;
  readonly stallMs: number;
  readonly createId: () => string;
}

interface Started {
  readonly sessionId: string;
  readonly answer: MeteredAnswer;
}

/** Registers the routes of Koine's gateway, for its clients. A hook before them sets `request.principal`. */
export function addKoineRoutes(app: FastifyInstance, parts: KoineParts): void {
  for (const wantsObject of [false, true]) {
    app.post(`/compat/koine/generate-${wantsObject ? "object" : "text"}`, async (request, reply) => {
      const { sessionId, answer } = await start(parts, request, reply, wantsObject, false);
      const whole = await collectAnswer(answer.events);
      if (!whole.ok) throw new FailureError(whole.failure);
      const { text } = whole;
      const rest = { usage: toUsage(whole.usage), sessionId };
      return wantsObject ? { object: parseWhole(text), rawText: text, ...rest } : { text, ...rest };
    });
    app.post(`/compat/koine/stream${wantsObject ? "-object" : ""}`, async (request, reply) => {
      const started = await start(parts, request, reply, wantsObject, true);
      return await stream(parts, started, reply, wantsObject);
    });
  }
  app.get("/compat/koine/health", (_request, reply) => {
    const { ready, processes } = parts.completions.status();
    const load = { active: processes.busy, limit: processes.limit };
    return reply.code(ready ? 200 : 503).send({
      status: ready ? "healthy" : "unhealthy",
      claudeCli: ready ? "available" : "unavailable",
      timestamp: new Date(parts.clock.epoch()).toISOString(),
      // One pool serves both.
      concurrency: { streaming: load, nonStreaming: load },
    });
  });
}

async function start(
  parts: KoineParts,
  request: FastifyRequest,
  reply: FastifyReply,
  wantsObject: boolean,
  isStreamed: boolean,
): Promise<Started> {
  const { principal } = request;
  const lacking = requireScope(principal, "inference");
  if (lacking !== undefined) throw new FailureError(lacking);
  const { completion, sessionId: given } = readKoineBody(request.body, wantsObject);
  const sessionId = given ?? parts.createId();
  const requestId = createRequestId(parts);
  reply.header("x-gantry-usage-id", requestId).header("cache-control", "no-store");
  const answer = await completeInSession(
    parts,
    {
      requestId,
      principal,
      completion,
      isStreamed,
      address: request.ip,
      payloadDigest: request.bodyDigest,
      signal: abortWhenClientLeaves(reply.raw),
    },
    {
      session: `koine ${sessionId}`,
      check({ isKnown }) {
        if (given === undefined || isKnown) return;
        const message = "sessionId: there is no such session of this key; leave it out to begin one";
        throw new FailureError(toFailure("invalid_request", message, { param: "sessionId" }));
      },
    },
  );
  return { sessionId, answer };
}

async function stream(
  { stallMs, clock }: KoineParts,
  { sessionId, answer }: Started,
  reply: FastifyReply,
  wantsObject: boolean,
): Promise<FastifyReply> {
  const events = answer.events[Symbol.asyncIterator]();
  let next = await events.next();
  while (next.done !== true && next.value.type === "upstream.retried") next = await events.next();
  // Before the first sign of the model, a failure is an HTTP error of its own.
  if (next.done !== true && next.value.type === "answer.failed") {
    await events.return?.();
    throw new FailureError(next.value.error);
  }
  reply.hijack();
  const out = openEventStream(reply.raw, toPlainHeaders(reply.getHeaders()), stallMs, clock);
  const encoder = createKoineStream({ sessionId, wantsObject, toUsage, toCode: toKoineCode });
  try {
    let head = encoder.begin();
    for (; next.done !== true; next = await events.next()) {
      const text = head + encoder.encode(next.value);
      if (text !== "") await out.write(text);
      head = "";
    }
  } finally {
    await out.write(encoder.finish());
    out.end();
    await events.return?.();
  }
  return reply;
}

/** What was checked by its schema already. */
function parseWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FailureError(toFailure("output_invalid", "The answer was cut off before its object was whole."));
  }
}

function toUsage({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens }: TokenUsage) {
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  return { inputTokens: input, outputTokens, totalTokens: input + outputTokens };
}
