import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { requireScope } from "../../../core/access/principal.ts";
import { completeWithin } from "../../../core/completions/complete-within.ts";
import type { MeteredRequest } from "../../../core/completions/metered-completions.ts";
import { toCompletion } from "../../../core/completions/to-completion.ts";
import type { DecodedResponse, ReadResponse } from "../../../core/ports/responses-format.ts";
import { completeResponse } from "../../../core/responses/complete-response.ts";
import type { Conversation } from "../../../core/responses/read-conversation.ts";
import type { AgentAnswer, AgentCall } from "../agent-calls/agent-call.ts";
import { beginAgentCall } from "../agent-calls/begin-agent-call.ts";
import { serveAgentCall } from "../agent-calls/serve-agent-call.ts";
import { takeChatExtras } from "../chat/read-chat-extras.ts";
import type { HttpParts } from "../http-parts.ts";
import { chooseRoad } from "../model-calls/choose-road.ts";
import { readJson } from "../read-json.ts";
import { createKeptAnswer } from "./kept-answer.ts";

/** `POST /v1/responses`. */
export function createResponsesRoute(parts: HttpParts) {
  return async function serveResponses(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    refuseDirectRoad(parts, request);
    const billed = beginAgentCall(request, reply, parts);
    const { rest, extras } = takeChatExtras(readJson(request.rawBody));
    const asked = await readRequest(parts, rest, request);
    const principal = await parts.chargeProject(request.principal, extras.project_id);
    const ms = extras.timeout === undefined ? undefined : extras.timeout * 1000;
    const { completions, clock, stallMs } = parts;
    const complete = (wanted: MeteredRequest) => completeWithin(completions, wanted, ms, clock);
    const whole = { ...billed, principal };
    if (asked.decoded.background) return await makeLater(parts, asked, whole, complete, request, reply);
    return await serveAgentCall(
      { complete, stallMs, clock },
      toAgentCall(parts, asked, request),
      whole,
      request,
      reply,
    );
  };
}

interface Asked {
  readonly decoded: DecodedResponse;
  readonly conversation: Conversation;
  readonly read: ReadResponse;
  readonly call: Omit<AgentCall, "openAnswer">;
}

/** A model that an upstream alone serves speaks another dialect, in which nothing is kept. */
function refuseDirectRoad(parts: HttpParts, request: FastifyRequest): void {
  if (chooseRoad(parts, request, "agent") !== "direct") return;
  const sentence =
    "model: responses are made by the agent program, and this model is served by an upstream alone; send POST /v1/chat/completions";
  throw new FailureError(toFailure("unsupported_feature", sentence, { param: "model" }));
}

async function readRequest(parts: HttpParts, body: unknown, { principal }: FastifyRequest): Promise<Asked> {
  // Before anything is read of what is kept.
  const lacking = requireScope(principal, "inference");
  if (lacking !== undefined) throw new FailureError(lacking);
  const { format, service } = parts.responses;
  const decoded = format.decode(body);
  if (!decoded.ok) throw new FailureError(decoded.failure);
  const conversation = await service.open(principal, decoded);
  const read = decoded.read(conversation);
  if (!read.ok) throw new FailureError(read.failure);
  const converted = toCompletion(read.call, { ...fieldNames, endUser: read.endUserField });
  if (!converted.ok) throw new FailureError(converted.failure);
  const ignored = [...new Set([...read.ignored, ...converted.ignored])];
  return { decoded, conversation, read, call: { completion: converted.completion, stream: decoded.stream, ignored } };
}

const fieldNames = { messages: "input", stopSequences: "stop" };

function toAgentCall(parts: HttpParts, asked: Asked, request: FastifyRequest): AgentCall {
  return { ...asked.call, openAnswer: (model) => openAnswer(parts, asked, model, request) };
}

function openAnswer(
  { responses, clock }: HttpParts,
  { decoded, conversation, read }: Asked,
  model: string,
  { principal }: FastifyRequest,
): AgentAnswer {
  const now = () => Math.floor(clock.epoch() / 1000);
  return createKeptAnswer({
    id: conversation.responseId,
    answer: read.openAnswer({ model, createdAt: now(), now }),
    stream: decoded.stream,
    show: (body) => responses.format.show(body, decoded.include),
    keep: async (body) => {
      if (decoded.stored) await responses.service.keep({ principal, conversation, items: read.items, body });
    },
  });
}

/** Answers at once; what becomes of it is asked for later. It belongs to the key's own project, whoever pays. */
async function makeLater(
  { responses, clock }: HttpParts,
  { decoded, conversation, read, call }: Asked,
  billed: Omit<MeteredRequest, "completion">,
  complete: (wanted: MeteredRequest) => ReturnType<HttpParts["completions"]["complete"]>,
  { principal }: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { completion, ignored } = call;
  if (ignored.length > 0) reply.header("x-gantry-ignored", ignored.join(", "));
  const now = () => Math.floor(clock.epoch() / 1000);
  const begun = read.openAnswer({ model: completion.model, createdAt: now(), now }).body();
  const { responseId } = conversation;
  // The headers are sent by the time its limits are known.
  const { onRate: _untold, ...told } = billed;
  await responses.service.makeLater(
    { principal, conversation, items: read.items, body: begun },
    async (signal) =>
      await completeResponse({ responseId, completion, read, begun, format: responses.format, clock }, () =>
        complete({ ...told, completion, signal }),
      ),
  );
  return responses.format.show(begun, decoded.include);
}
