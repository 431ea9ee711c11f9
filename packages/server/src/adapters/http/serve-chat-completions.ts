import type { CompletionEvent } from "@gantry/contracts/completion";
import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { collectAnswer } from "../../core/completions/collect-answer.ts";
import type { MeteredAnswer } from "../../core/completions/metered-completions.ts";
import type { DecodedRequest } from "../../core/ports/wire-format.ts";
import { beginAgentCall } from "./agent-calls/begin-agent-call.ts";
import { setAnswerHeaders } from "./agent-calls/set-answer-headers.ts";
import { streamAnswer, withFirstSign } from "./agent-calls/stream-answer.ts";
import { readSessionName } from "./chat/read-session-name.ts";
import { startChat } from "./chat/start-chat.ts";
import { chooseRoad } from "./model-calls/choose-road.ts";
import type { HttpParts } from "./http-parts.ts";
import { serveCall } from "./model-calls/add-messages-routes.ts";
import { readJson } from "./read-json.ts";

const keptByAgentsAlone = "x-gantry-session: a model that is called directly keeps no conversation; send all of it.";

/** `POST /v1/chat/completions`. */
export function createChatCompletionsRoute(parts: HttpParts) {
  return async function serveChatCompletions(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const sessionHeader = request.headers["x-gantry-session"];
    if (chooseRoad(parts, request, "agent") === "direct") {
      if (sessionHeader !== undefined) throw new FailureError(toFailure("unsupported_feature", keptByAgentsAlone));
      return await serveCall({ ...parts, ...parts.calls }, "call", "openai-chat", request, reply);
    }
    const billed = beginAgentCall(request, reply, parts);
    const body = readJson(request.rawBody);
    const note = ({ ignored }: DecodedRequest): void => {
      const named = sessionHeader === "user" ? ignored.filter((name) => name !== "user") : ignored;
      if (named.length > 0) reply.header("x-gantry-ignored", named.join(", "));
    };
    const session = readSessionName(sessionHeader, body);
    const { decoded, answer, principal } = await startChat(parts, body, billed, note, session);
    const events = answer.events[Symbol.asyncIterator]();
    const noteFirstSign = (): void => setAnswerHeaders(request, reply, answer, parts);
    if (!decoded.stream) return await sendWholeAnswer(answer, events, principal.projectId, parts, noteFirstSign);
    const encoder = parts.chat.openStream({
      id: parts.chat.createId(),
      created: Math.floor(parts.clock.epoch() / 1000),
      model: answer.model,
      includeUsage: decoded.includeUsage,
    });
    const { stallMs, clock } = parts;
    return await streamAnswer({ events, encoder, noteFirstSign, stallMs, clock }, reply);
  };
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
