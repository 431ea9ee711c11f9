import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { toChatChunks, toChatCompletion, type ChatHead } from "./chat-answer.ts";
import { checkChatRequest } from "./check-chat-request.ts";
import { toResponse } from "./responses-answer.ts";
import { toEventText, toStreamEvents } from "./responses-stream.ts";
import {
  usageOf,
  type RawAnswer,
  type RefusedAnswer,
  type SaidAnswer,
  type UpstreamAnswer,
  type UpstreamUsage,
} from "./upstream-answer.ts";
import type { UpstreamCall } from "./upstream-call.ts";

/** The usage that one answer told. */
export interface Told extends UpstreamUsage {
  /** Number of the call. */
  readonly index: number;
}

/** What an answer belongs to. */
export interface AnswerContext {
  readonly call: UpstreamCall;
  readonly index: number;
  readonly lenient: boolean;
  readonly tell: (usage: Told) => void;
}

/** Sends an answer in the call's API, streamed where the call asks for it. Answers that say something need the context. */
export async function sendAnswer(
  response: ServerResponse,
  answer: UpstreamAnswer,
  context?: AnswerContext,
): Promise<void> {
  if (answer.hold !== undefined && answer.hold.afterEvents === undefined)
    await untilReleased(response, answer.hold.until);
  if (response.destroyed) return;
  if ("raw" in answer) return sendRaw(response, answer);
  if ("status" in answer) return sendRefusal(response, answer);
  if (context === undefined) throw new Error("An answer was given to no call.");
  const problem = findProblem(context);
  if (problem !== undefined) return sendRefusal(response, { status: 400, message: problem });
  if (context.call.body["stream"] === true) await sendStream(response, answer, context);
  else sendWhole(response, answer, context);
}

function findProblem({ call, lenient }: AnswerContext): string | undefined {
  if (lenient || call.api === "responses") return undefined;
  const checked = checkChatRequest(
    call.deployment === undefined ? call.body : { ...call.body, model: call.deployment },
  );
  return "problem" in checked ? checked.problem : undefined;
}

function toHead(answer: SaidAnswer, { call, index }: AnswerContext): ChatHead {
  const prefix = call.api === "chat" ? "chatcmpl" : "resp";
  return {
    id: `${prefix}-${index}`,
    model: call.deployment ?? String(call.body["model"]),
    callId: (place) => `call_${index}_${place}`,
    usage: usageOf(answer, call.body),
  };
}

function sendWhole(response: ServerResponse, answer: SaidAnswer, context: AnswerContext): void {
  if (answer.cutAfterEvents !== undefined) {
    response.destroy();
    return;
  }
  const head = toHead(answer, context);
  const body = context.call.api === "chat" ? toChatCompletion(answer, head) : toResponse(answer, head);
  context.tell({ index: context.index, ...head.usage });
  response.writeHead(200, { "content-type": "application/json", "x-request-id": `req_${context.index}` });
  response.end(JSON.stringify(body));
}

async function sendStream(response: ServerResponse, answer: SaidAnswer, context: AnswerContext): Promise<void> {
  const head = toHead(answer, context);
  const { events, usageAt } = toEvents(answer, head, context);
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "x-request-id": `req_${context.index}`,
  });
  response.flushHeaders();
  for (const [place, event] of events.entries()) {
    if (place === answer.hold?.afterEvents) await untilReleased(response, answer.hold.until);
    if (response.destroyed) return;
    if (place === answer.cutAfterEvents) return cut(response);
    if (place === usageAt) context.tell({ index: context.index, ...head.usage });
    if (!response.write(event)) await untilReleased(response, once(response, "drain"));
  }
  response.end();
}

/** The events as they are written, and which of them tells the usage. */
function toEvents(answer: SaidAnswer, head: ChatHead, { call }: AnswerContext) {
  if (call.api === "responses") {
    const events = toStreamEvents(toResponse(answer, head), answer.pieceLength ?? 5).map((event) =>
      toEventText([event]),
    );
    return { events, usageAt: events.length - 1 };
  }
  const options = call.body["stream_options"];
  const includeUsage =
    typeof options === "object" && options !== null && "include_usage" in options && options.include_usage === true;
  const chunks: readonly object[] = toChatChunks(answer, head, includeUsage);
  // Azure says first what its filters found in the prompt, in a chunk without a choice.
  const filtered = { id: "", object: "", created: 0, model: "", choices: [], prompt_filter_results: [] };
  const all = call.deployment === undefined ? chunks : [filtered, ...chunks];
  const events = all.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  return { events: [...events, "data: [DONE]\n\n"], usageAt: includeUsage ? events.length - 1 : undefined };
}

function sendRefusal(response: ServerResponse, { status, message, type, code, headers }: RefusedAnswer): void {
  const sort = type ?? (status < 500 ? "invalid_request_error" : "server_error");
  const error = { message: message ?? `The upstream was told to answer ${status}.`, type: sort, param: null };
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { ...error, code: code ?? null } }));
}

function sendRaw(response: ServerResponse, answer: RawAnswer): void {
  response.writeHead(answer.rawStatus ?? 200, { "content-type": "text/event-stream", ...answer.headers });
  if (answer.cut !== true) {
    response.end(answer.raw);
    return;
  }
  response.write(answer.raw);
  cut(response);
}

/** What is written still goes out; the end that HTTP has for a body does not. */
function cut(response: ServerResponse): void {
  response.socket?.destroySoon();
}

async function untilReleased(response: ServerResponse, until: Promise<unknown>): Promise<void> {
  const left = new AbortController();
  await Promise.race([until, once(response, "close", { signal: left.signal }).catch(() => undefined)]);
  left.abort();
}
