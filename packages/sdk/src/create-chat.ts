import { choiceOf, readFinishReason, readUsage, textOf, type ChatAnswer } from "./chat-answer.ts";
import { toChatBody, type ChatRequest } from "./chat-request.ts";
import { openChatStream, type ChatStream } from "./chat-stream.ts";
import type { CallOptions, HttpRequest, Transport } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";
import { fieldOf } from "./read-error.ts";

export interface Chat {
  /** One whole answer. */
  (request: ChatRequest, options?: CallOptions): Promise<ChatAnswer>;
  /** The answer as it is written. The request goes out when it is first read. */
  stream(request: ChatRequest, options?: CallOptions): ChatStream;
}

// A lost connection ends the answer on the server, so that a second try makes nothing twice; what came of the first is billed.
const toRequest = (body: object): HttpRequest => ({
  method: "POST",
  path: "/v1/chat/completions",
  body,
  repeat: "freely",
});

export function createChat(transport: Transport): Chat {
  async function chat(request: ChatRequest, options: CallOptions = {}): Promise<ChatAnswer> {
    const { body, headers } = await transport.call(toRequest(toChatBody(request)), options);
    return toAnswer(body, headers);
  }

  function stream(request: ChatRequest, options: CallOptions = {}): ChatStream {
    const body = { ...toChatBody(request), stream: true, stream_options: { include_usage: true } };
    return openChatStream(transport, toRequest(body), options);
  }

  return Object.assign(chat, { stream });
}

function toAnswer(body: unknown, headers: Headers): ChatAnswer {
  const requestId = headers.get("x-request-id") ?? undefined;
  const choice = choiceOf(body);
  const finishReason = readFinishReason(choice);
  const message = fieldOf(choice, "message");
  if (finishReason === undefined || typeof message !== "object") {
    throw new GantryError("unexpected_answer", "The answer is no chat completion.", { status: 200, requestId });
  }
  const cost = fieldOf(body, "cost");
  return {
    text: textOf(message, "content"),
    thinking: textOf(message, "reasoning_content"),
    finishReason,
    usage: readUsage(body),
    cost: typeof cost === "number" ? cost : null,
    model: textOf(body, "model"),
    requestId,
    usageId: headers.get("x-gantry-usage-id") ?? undefined,
  };
}
