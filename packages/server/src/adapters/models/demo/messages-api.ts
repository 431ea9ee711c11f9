import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../../../core/ports/clock.ts";
import type { MessageAnswer } from "./answer.ts";
import { sendApiError, sendJson } from "./api-error.ts";
import { streamMessage } from "./message-stream.ts";
import { toMessageBody } from "./message.ts";
import type { Message } from "./message.ts";
import { parseMessagesRequest } from "./messages-request.ts";
import type { MessagesRequest } from "./messages-request.ts";
import { createPromptCache } from "./prompt-cache.ts";
import { maxBodyBytes, readBody } from "./request-body.ts";
import { planAnswer } from "./script.ts";
import { countInputTokens } from "./token-count.ts";
import { wait } from "./wait.ts";

/** One call as it came in, for whoever counts calls and bytes. */
export interface RequestRecord {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly bodyBytes: number;
  /** Parsed JSON; undefined where there was no body or it could not be read. */
  readonly body: unknown;
}

export interface MessagesApiOptions {
  readonly clock: Clock;
  /** Makes what stands behind the prefix of each id. */
  readonly createId?: () => string;
  readonly onRequest?: (record: RequestRecord) => void;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const modelNames = {
  "claude-opus-5-5": "Claude Opus 5.5",
  "claude-sonnet-5-5": "Claude Sonnet 5.5",
  "claude-haiku-5-5": "Claude Haiku 5.5",
};

/** Serves the Messages API: what the CLI and the vendor's SDKs ask of it. Any key is accepted. */
export function createMessagesApi(options: MessagesApiOptions): RequestHandler {
  const { clock, onRequest, createId = () => randomUUID().replaceAll("-", "") } = options;
  const cache = createPromptCache(clock);

  function toMessage(request: MessagesRequest, answer: MessageAnswer): Message {
    const tools = answer.blocks.filter(({ type }) => type === "tool_use");
    const toolUseIds = new Map(tools.map((block) => [block, `toolu_${createId()}`]));
    return { id: `msg_${createId()}`, model: request.model, answer, toolUseIds, inputUsage: cache.account(request) };
  }

  async function answerMessages(request: MessagesRequest, response: ServerResponse): Promise<void> {
    const signal = leavingSignal(response);
    const answer = planAnswer(request, clock.epoch());
    await wait(answer.delayMs, clock, signal);
    if (signal.aborted || answer.kind === "silence") return;
    if (answer.kind === "error") return sendApiError(response, answer.status, answer.message, answer.headers);
    const message = toMessage(request, answer);
    if (request.stream === true) return streamMessage(message, response, clock, signal);
    if (answer.ending === "finished") sendJson(response, 200, toMessageBody(message));
    else if (answer.ending === "cut") response.destroy();
  }

  async function servePost(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === "gone") return;
    if (body === "too-large") {
      tap(request, 0, undefined);
      return sendApiError(response, 413, `The body is over ${maxBodyBytes} bytes.`, { connection: "close" });
    }
    const json = parseJson(body);
    tap(request, body.length, json);
    if (json === undefined) return sendApiError(response, 400, "The body is not valid JSON.");
    const parsed = parseMessagesRequest(json);
    if ("problem" in parsed) return sendApiError(response, 400, parsed.problem);
    if (path === "/v1/messages") return answerMessages(parsed.request, response);
    sendJson(response, 200, { input_tokens: countInputTokens(parsed.request) });
  }

  function serveRest(path: string, request: IncomingMessage, response: ServerResponse): void {
    tap(request, 0, undefined);
    const reads = request.method === "GET" || request.method === "HEAD";
    if (reads && path === "/") sendJson(response, 200, { name: "Gantry's demo model" });
    else if (reads && path === "/v1/models") sendJson(response, 200, listModels());
    else sendApiError(response, 404, `There is nothing at ${request.method} ${path}.`);
  }

  function tap({ method = "", url = "", headers }: IncomingMessage, bodyBytes: number, body: unknown): void {
    onRequest?.({ method, url, headers, bodyBytes, body });
  }

  return async (request, response) => {
    response.setHeader("request-id", `req_${createId()}`);
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    const posts = path === "/v1/messages" || path === "/v1/messages/count_tokens";
    if (request.method === "POST" && posts) return servePost(path, request, response);
    serveRest(path, request, response);
  };
}

/** Aborts when the client leaves before the answer is complete; harmless after it. */
function leavingSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed) controller.abort();
  response.once("close", () => controller.abort());
  return controller.signal;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

function listModels(): object {
  const data = Object.entries(modelNames).map(([id, display_name]) => {
    return { type: "model", id, display_name, created_at: "2026-01-01T00:00:00Z" };
  });
  return { data, has_more: false, first_id: data.at(0)?.id, last_id: data.at(-1)?.id };
}
