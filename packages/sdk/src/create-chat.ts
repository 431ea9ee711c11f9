import {
  addCalls,
  choiceOf,
  readCost,
  readFinishReason,
  readUsage,
  textOf,
  type ChatAnswer,
  type ChatStep,
} from "./chat-answer.ts";
import type { SentToolCall } from "./chat-messages.ts";
import type { ChatRequest } from "./chat-request.ts";
import { runSteps, toFirstBody, type AskOnce } from "./chat-steps.ts";
import { openChatStream, readStep, type ChatStream } from "./chat-stream.ts";
import type { ChatTool } from "./chat-tools.ts";
import type { CallOptions, HttpRequest, Transport } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";
import { fieldOf, parseJson } from "./read-error.ts";
import { readObject, toJsonSchema, type ObjectSchema } from "./schema.ts";

export interface Chat {
  /** One whole answer. Tools with `execute` are run, and the model goes on with what they gave. */
  <const Tools extends readonly ChatTool[] = readonly []>(
    request: ChatRequest<Tools>,
    options?: CallOptions,
  ): Promise<ChatAnswer<Tools>>;
  /** The answer as it is written. The request goes out when it is first read. */
  stream<const Tools extends readonly ChatTool[] = readonly []>(
    request: ChatRequest<Tools>,
    options?: CallOptions,
  ): ChatStream<Tools>;
  /** One answer that is an object: the model is told the schema, and what it gives is checked by it. */
  object<Output, const Tools extends readonly ChatTool[] = readonly []>(
    request: ChatRequest<Tools> & { readonly schema: ObjectSchema<Output> },
    options?: CallOptions,
  ): Promise<ChatAnswer<Tools> & { readonly object: Output }>;
}

// A lost connection ends the answer on the server, so that a second try makes nothing twice; what came of the first is billed.
const toRequest = (body: object): HttpRequest => ({
  method: "POST",
  path: "/v1/chat/completions",
  body,
  repeat: "freely",
});

export function createChat(transport: Transport): Chat {
  async function askWhole(request: ChatRequest, options: CallOptions, extra: object = {}): Promise<ChatAnswer> {
    const { signal = new AbortController().signal } = options;
    const ask: AskOnce = async (body) => {
      const { body: told, headers } = await transport.call(toRequest({ ...body, ...extra }), options);
      return toStep(told, headers);
    };
    const steps = runSteps(request, ask, signal);
    for (;;) {
      const { done, value } = await steps.next();
      if (done === true) return value;
    }
  }

  function stream(request: ChatRequest, options: CallOptions = {}): ChatStream {
    toFirstBody(request);
    const ask: AskOnce = async function* (body, signal) {
      const streamed = toRequest({ ...body, stream: true, stream_options: { include_usage: true } });
      return yield* readStep(await transport.open(streamed, { ...options, signal }), transport.idleTimeoutMs);
    };
    return openChatStream((signal) => runSteps(request, ask, signal), options);
  }

  async function object<Output>(
    { schema, ...request }: ChatRequest & { readonly schema: ObjectSchema<Output> },
    options: CallOptions = {},
  ) {
    const format = { type: "json_schema", json_schema: { name: "answer", schema: toJsonSchema(schema) } };
    const answer = await askWhole(request, options, { response_format: format });
    if (answer.toolCalls.length > 0) {
      throw new GantryError("output_mismatch", "The answer ended with calls of tools in the place of an object.");
    }
    // Text that is no JSON is told as what does not fit, with the schema's own words.
    return { ...answer, object: await readObject(schema, parseJson(answer.text)) };
  }

  const chat = (request: ChatRequest, options: CallOptions = {}) => askWhole(request, options);
  // The types of a request's tools are those of its answer's calls: they were read by their schemas.
  return Object.assign(chat, { stream, object }) as Chat;
}

function toStep(body: unknown, headers: Headers): ChatStep {
  const requestId = headers.get("x-request-id") ?? undefined;
  const choice = choiceOf(body);
  const finishReason = readFinishReason(choice);
  const message = fieldOf(choice, "message");
  if (finishReason === undefined || typeof message !== "object") {
    throw new GantryError("unexpected_answer", "The answer is no chat completion.", { status: 200, requestId });
  }
  const calls = new Map<unknown, SentToolCall>();
  addCalls(calls, message);
  const answer = {
    text: textOf(message, "content"),
    thinking: textOf(message, "reasoning_content"),
    finishReason,
    usage: readUsage(body),
    cost: readCost(body) ?? null,
    model: textOf(body, "model"),
    requestId,
    usageId: headers.get("x-gantry-usage-id") ?? undefined,
  };
  return { answer, calls: [...calls.values()] };
}
