import { FailureError } from "@gantry/contracts/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { completeWithin } from "../../../core/completions/complete-within.ts";
import type { MeteredRequest } from "../../../core/completions/metered-completions.ts";
import { toCompletion } from "../../../core/completions/to-completion.ts";
import { completeResponse } from "../../../core/responses/complete-response.ts";
import type { AgentCall } from "../agent-calls/agent-call.ts";
import { beginAgentCall } from "../agent-calls/begin-agent-call.ts";
import { serveAgentCall } from "../agent-calls/serve-agent-call.ts";
import { takeChatExtras } from "../chat/read-chat-extras.ts";
import type { HttpParts } from "../http-parts.ts";
import { chooseRoad } from "../model-calls/choose-road.ts";
import { readJson } from "../read-json.ts";
import { openKeptAnswer } from "./open-kept-answer.ts";
import { type AskedResponse, readResponseRequest } from "./read-response-request.ts";
import { serveDirectResponse } from "./serve-direct-response.ts";

/** `POST /v1/responses`. */
export function createResponsesRoute(parts: HttpParts) {
  return async function serveResponses(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const isDirect = chooseRoad(parts, request, "agent") === "direct";
    const { rest, extras } = takeChatExtras(readJson(request.rawBody));
    const asked = await readResponseRequest(parts, rest, request);
    if (isDirect) {
      const unheld = (["project_id", "timeout"] as const).filter((name) => extras[name] !== undefined);
      return await serveDirectResponse(parts, asked, unheld, request, reply);
    }
    const billed = beginAgentCall(request, reply, parts);
    const call = toAgentCall(parts, asked, request);
    const principal = await parts.chargeProject(request.principal, extras.project_id);
    const ms = extras.timeout === undefined ? undefined : extras.timeout * 1000;
    const { completions, clock, stallMs } = parts;
    const complete = (wanted: MeteredRequest) => completeWithin(completions, wanted, ms, clock);
    const whole = { ...billed, principal };
    if (asked.decoded.background) return await makeLater(parts, asked, call, whole, complete, request, reply);
    return await serveAgentCall({ complete, stallMs, clock }, call, whole, request, reply);
  };
}

function toAgentCall(parts: HttpParts, asked: AskedResponse, { principal }: FastifyRequest): AgentCall {
  const { decoded, read } = asked;
  const converted = toCompletion(read.call, { ...fieldNames, endUser: read.endUserField });
  if (!converted.ok) throw new FailureError(converted.failure);
  return {
    completion: converted.completion,
    stream: decoded.stream,
    ignored: [...new Set([...read.ignored, ...converted.ignored])],
    openAnswer: (model) => openKeptAnswer(parts, asked, model, principal),
  };
}

const fieldNames = { messages: "input", stopSequences: "stop" };

/** Answers at once; what becomes of it is asked for later. It belongs to the key's own project, whoever pays. */
async function makeLater(
  { responses, clock }: HttpParts,
  { decoded, conversation, read }: AskedResponse,
  { completion, ignored }: AgentCall,
  billed: Omit<MeteredRequest, "completion">,
  complete: (wanted: MeteredRequest) => ReturnType<HttpParts["completions"]["complete"]>,
  { principal }: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
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
