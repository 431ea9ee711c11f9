import { FailureError } from "@gantry/contracts/errors";
import type { ModelEvent } from "@gantry/contracts/model-call";
import type { FastifyReply, FastifyRequest } from "fastify";
import { completeWithin } from "../../../core/completions/complete-within.ts";
import { toCompletion } from "../../../core/completions/to-completion.ts";
import type { CallerFormat, DecodedCall } from "../../../core/ports/call-format.ts";
import type { AgentAnswer, AgentCall } from "../agent-calls/agent-call.ts";
import { beginAgentCall } from "../agent-calls/begin-agent-call.ts";
import { serveAgentCall } from "../agent-calls/serve-agent-call.ts";
import { takeChatExtras } from "../chat/read-chat-extras.ts";
import type { HttpParts } from "../http-parts.ts";
import type { MessagesRoads } from "./add-messages-routes.ts";
import { readJson } from "../read-json.ts";

export interface MessagesDialect {
  readonly format: CallerFormat;
  /** An id as the dialect's answers have them. */
  readonly createId: () => string;
}

const ping = `event: ping\ndata: {"type":"ping"}\n\n`;

/** The roads of `POST /v1/messages`. */
export function createMessagesRoads(parts: HttpParts): MessagesRoads {
  return {
    chooseRoad: parts.chooseRoad,
    serveByAgent: (request, reply) => serveAgentMessages(parts, request, reply),
  };
}

async function serveAgentMessages(parts: HttpParts, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const billed = beginAgentCall(request, reply, parts);
  const { rest, extras } = takeChatExtras(readJson(request.rawBody));
  const call = readCall(parts, rest, request);
  const principal = await parts.chargeProject(request.principal, extras.project_id);
  const ms = extras.timeout === undefined ? undefined : extras.timeout * 1000;
  const { completions, stallMs, clock } = parts;
  const complete: Parameters<typeof serveAgentCall>[0]["complete"] = (wanted) =>
    completeWithin(completions, wanted, ms, clock);
  return await serveAgentCall({ complete, stallMs, clock }, call, { ...billed, principal }, request, reply);
}

function readCall({ messages, clock }: HttpParts, body: unknown, request: FastifyRequest): AgentCall {
  const decoded = messages.format.decodeCall(body);
  if (!decoded.ok) throw new FailureError(decoded.failure);
  const converted = toCompletion(decoded.call);
  if (!converted.ok) throw new FailureError(converted.failure);
  const ignored = new Set([...decoded.ignored, ...converted.ignored, ...readBetas(request)]);
  return {
    completion: converted.completion,
    stream: decoded.call.stream,
    ignored: [...ignored],
    heartbeat: ping,
    openAnswer: (model) => openAnswer(messages, decoded, { model, created: Math.floor(clock.epoch() / 1000) }),
  };
}

/** Their whole effect is in fields of the body, which are served or named by themselves. */
const fieldBetas =
  /^(structured-outputs|effort|pdfs|prompt-caching|token-counting|extended-cache-ttl|interleaved-thinking)-/;

function readBetas({ headers }: FastifyRequest): readonly string[] {
  const given = [headers["anthropic-beta"] ?? []].flat().flatMap((value) => value.split(","));
  const names = given.map((name) => name.trim()).filter((name) => name !== "" && !fieldBetas.test(name));
  return names.slice(0, 20).map((name) => `anthropic-beta.${name.slice(0, 64).replaceAll(/[^\w.-]/g, "_")}`);
}

function openAnswer(
  { format, createId }: MessagesDialect,
  { call, includeUsage }: DecodedCall,
  { model, created }: { readonly model: string; readonly created: number },
): AgentAnswer {
  const head = { id: createId(), created, model };
  const encoder = format.openEncoder({ ...head, includeUsage });
  const events: ModelEvent[] = [];
  return {
    id: head.id,
    encode(event) {
      if (call.stream) return encoder.encode(event);
      events.push(event);
      return "";
    },
    finish: () => (call.stream ? encoder.finish() : ""),
    body: () => format.encodeAnswer(events, head),
  };
}
