import assert from "node:assert/strict";
import type { ChatCompletion, ChatCompletionChunk, CompletionUsage } from "openai/resources";

/** Body of a chat completion request; tests send wrong ones too, so nothing is checked here. */
export type ChatBody = Readonly<Record<string, unknown>>;

/** Where to send to, such as a `Gantry`. */
export interface ChatTarget {
  readonly url: string;
  readonly key: string;
}

export interface ChatOptions {
  readonly signal?: AbortSignal;
  /** Besides, or in place of, `authorization` and `content-type`; an empty one is left out. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error object as OpenAI's clients read it. */
export interface ChatError {
  readonly message: string;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;
}

export interface ChatReply {
  readonly status: number;
  readonly headers: Headers;
  /** The whole body as it came. */
  readonly raw: string;
  /** The parsed body of an answer that was not streamed. */
  readonly completion: ChatCompletion | undefined;
  /** What came in the stream's `data:` lines in order, without `[DONE]` and without an error. */
  readonly chunks: readonly ChatCompletionChunk[];
  /** Comment lines of the stream, without their colon. */
  readonly comments: readonly string[];
  /** Whether the stream ended with `[DONE]`. */
  readonly done: boolean;
  /** The answer's text; what there was of it, where the answer failed midway. */
  readonly text: string;
  readonly finishReason: string | undefined;
  readonly usage: CompletionUsage | undefined;
  /** From the body of a failed request, or from within the stream. */
  readonly error: ChatError | undefined;
}

/** Sends a chat completion request and reads the answer to its end. Rejects where the connection itself breaks. */
export async function chat(target: ChatTarget, body: ChatBody, options: ChatOptions = {}): Promise<ChatReply> {
  return readReply(await sendChat(target, body, options));
}

/** The same, up to the answer's headers. */
export function sendChat(target: ChatTarget, body: ChatBody | string, options: ChatOptions = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${target.key}`, "content-type": "application/json", ...options.headers };
  return fetch(`${target.url}/v1/chat/completions`, {
    method: "POST",
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== "")),
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(options.signal !== undefined && { signal: options.signal }),
  });
}

/** Reads an answer to its end, streamed or not. */
export async function readReply(response: Response): Promise<ChatReply> {
  const raw = await response.text();
  const { status, headers } = response;
  const streamed = headers.get("content-type")?.startsWith("text/event-stream") === true;
  return { status, headers, raw, ...(streamed ? readStream(raw) : readWhole(raw, status)) };
}

/** Sends a request that must be answered, and gives the answer. */
export async function ask(target: ChatTarget, body: ChatBody, options: ChatOptions = {}): Promise<ChatReply> {
  const reply = await chat(target, body, options);
  assert.equal(reply.status, 200, reply.raw);
  assert.equal(reply.error, undefined, reply.raw);
  return reply;
}

type ReplyContent = Omit<ChatReply, "status" | "headers" | "raw">;

function readWhole(raw: string, status: number): ReplyContent {
  // The shapes are for the tests to check; these casts only name what they look for.
  const body = JSON.parse(raw) as ChatCompletion & { readonly error?: ChatError };
  const nothing = { chunks: [], comments: [], done: false };
  if (status !== 200) {
    return {
      ...nothing,
      completion: undefined,
      text: "",
      finishReason: undefined,
      usage: undefined,
      error: body.error,
    };
  }
  const [choice] = body.choices;
  const text = choice?.message.content ?? "";
  return {
    ...nothing,
    completion: body,
    text,
    finishReason: choice?.finish_reason,
    usage: body.usage,
    error: undefined,
  };
}

function readStream(raw: string): ReplyContent {
  const lines = raw.split("\n");
  const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice("data: ".length));
  const parsed = data
    .filter((line) => line !== "[DONE]")
    .map((line) => JSON.parse(line) as ChatCompletionChunk & { readonly error?: ChatError });
  const chunks = parsed.filter(({ error }) => error === undefined);
  return {
    completion: undefined,
    chunks,
    comments: lines.filter((line) => line.startsWith(":")).map((line) => line.slice(1).trim()),
    done: data.at(-1) === "[DONE]",
    text: chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""),
    finishReason: chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? []).at(-1),
    usage: chunks.findLast(({ usage }) => usage !== undefined && usage !== null)?.usage ?? undefined,
    error: parsed.find(({ error }) => error !== undefined)?.error,
  };
}
