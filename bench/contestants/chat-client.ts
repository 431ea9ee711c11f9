import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { ChatTarget } from "../../test/harness/chat.ts";

export interface StreamedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Undefined where no text came. */
  readonly firstTokenMs: number | undefined;
  /** The stream had its `[DONE]`. */
  readonly done: boolean;
  /** The error's code, from the body or from within the stream. */
  readonly errorCode: string | undefined;
}

export interface StreamOptions {
  /** Cuts the connection; the call then rejects. */
  readonly signal?: AbortSignal;
  /** Called with each piece of the answer's text. */
  readonly onDelta?: (text: string) => void;
}

/** A client on connections that stay open, at the least cost that Node allows. */
export interface ChatClient {
  /** Asks for a streamed answer. Rejects where the connection breaks. */
  stream(body: Readonly<Record<string, unknown>>, options?: StreamOptions): Promise<StreamedAnswer>;
  /** Sends any body at all, to any route where the chat's is not meant, and gives the whole answer. */
  post(body: string | Buffer, path?: string): Promise<{ readonly status: number; readonly text: string }>;
  close(): void;
}

/** The longest that anything may take before the run is given up. */
const patienceMs = 300_000;

export function createChatClient({ url, key }: ChatTarget): ChatClient {
  const agent = new Agent({ keepAlive: true });
  const chat = "/v1/chat/completions";

  function send(body: string | Buffer, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const options = { agent, method: "POST", headers, timeout: patienceMs, ...(signal !== undefined && { signal }) };
    const sent = request(new URL(path, url), options, resolve);
    sent.once("error", reject);
    sent.once("timeout", () => sent.destroy(new Error(`No answer for ${patienceMs} ms.`)));
    sent.end(body);
    return promise;
  }

  return {
    async stream(body, { signal, onDelta } = {}) {
      const startedAt = performance.now();
      const response = await send(JSON.stringify({ ...body, stream: true }), chat, signal);
      let firstTokenMs: number | undefined;
      const reader = createAnswerReader((text) => {
        firstTokenMs ??= performance.now() - startedAt;
        onDelta?.(text);
      });
      const { statusCode: status = 0, headers } = response;
      if (status !== 200) {
        const whole = await readText(response);
        return { status, headers, text: "", firstTokenMs, done: false, errorCode: readErrorCode(whole) };
      }
      response.setEncoding("utf8");
      for await (const chunk of response) reader.take(String(chunk));
      return { status, headers, firstTokenMs, ...reader.result() };
    },
    async post(body, path = chat) {
      const response = await send(body, path);
      return { status: response.statusCode ?? 0, text: await readText(response) };
    },
    close: () => agent.destroy(),
  };
}

interface Chunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly error?: { readonly code?: string | null };
}

function createAnswerReader(onText: (text: string) => void) {
  let rest = "";
  let text = "";
  let done = false;
  let errorCode: string | undefined;

  function takeData(data: string): void {
    if (data === "[DONE]") {
      done = true;
      return;
    }
    // The shape of a chunk, as far as it is looked at.
    const { choices, error } = JSON.parse(data) as Chunk;
    if (error !== undefined) errorCode = error.code ?? "unnamed";
    const delta = choices?.[0]?.delta?.content ?? "";
    if (delta === "") return;
    text += delta;
    onText(delta);
  }

  return {
    take(chunk: string): void {
      const events = (rest + chunk).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) if (event.startsWith("data: ")) takeData(event.slice("data: ".length));
    },
    result: () => ({ text, done, errorCode }),
  };
}

async function readText(response: IncomingMessage): Promise<string> {
  response.setEncoding("utf8");
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return text;
}

function readErrorCode(body: string): string {
  // The error's shape; anything else is told as it is.
  const parsed = JSON.parse(body) as Chunk;
  return parsed.error?.code ?? body.slice(0, 200);
}
