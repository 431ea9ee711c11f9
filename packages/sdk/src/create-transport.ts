import { GantryError } from "./gantry-error.ts";
import { parseJson, readError } from "./read-error.ts";
import { pause, refuseAborted, toAborted, toRetryDelay } from "./retry.ts";

/** What each call takes besides its own input. */
export interface CallOptions {
  /** Ends the call, and closes its connection. */
  readonly signal?: AbortSignal | undefined;
  /** How long one try may take: to its whole answer, of a stream to its beginning. */
  readonly timeoutMs?: number | undefined;
  /** The caller's own mark of this call, in the place of one that is made up: good over a restart of the caller's program. */
  readonly idempotencyKey?: string | undefined;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From `/v1` on; what varies in it is encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON, or as it is where it is a form. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether it may be sent again where nobody knows if it was done: `keyed` by a mark by which the server does it once. Without
   * one, what reads and what sets may.
   */
  readonly repeat?: "keyed" | "freely" | undefined;
}

/** An answer whose body is yet to be read. */
export interface OpenAnswer {
  readonly response: Response;
  readonly requestId: string | undefined;
  /** Closes the connection. */
  close(): void;
  /** The error for what a read of the body threw. */
  toError(thrown: unknown): GantryError;
}

export interface Transport {
  /** How long a stream may bring nothing, not even a heartbeat. */
  readonly idleTimeoutMs: number;
  /** The object that is answered. */
  json<Answer>(request: HttpRequest, options?: CallOptions): Promise<Answer>;
  /** The same with the head of the answer. */
  call(request: HttpRequest, options?: CallOptions): Promise<{ readonly body: object; readonly headers: Headers }>;
  /** The answer as soon as its head is there, with a status of 2xx. The caller closes it. */
  open(request: HttpRequest, options?: CallOptions): Promise<OpenAnswer>;
}

export interface TransportSettings {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxRetries: number;
}

/** Timers take no more. */
const longestTimerMs = 2_147_483_647;
const longestErrorBody = 100_000;

/** Sends requests, repeats what failed where that can help and do no harm, and makes each failure a {@link GantryError}. */
export function createTransport(settings: TransportSettings): Transport {
  const { maxRetries, idleTimeoutMs } = settings;

  async function send<Answer>(
    request: HttpRequest,
    options: CallOptions,
    read: (answer: OpenAnswer) => Promise<Answer>,
  ): Promise<Answer> {
    const init = toInit(request, settings.apiKey, options);
    const mayRepeat = request.repeat !== undefined || !["POST", "DELETE"].includes(request.method);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await sendOnce(request, init, options, read);
      } catch (thrown) {
        if (!(thrown instanceof GantryError)) throw thrown;
        const delay = attempt < maxRetries ? toRetryDelay(thrown, attempt, mayRepeat) : undefined;
        if (delay === undefined) throw thrown;
        await pause(delay, options.signal);
      }
    }
  }

  async function sendOnce<Answer>(
    request: HttpRequest,
    init: RequestInit,
    { signal, timeoutMs = settings.timeoutMs }: CallOptions,
    read: (answer: OpenAnswer) => Promise<Answer>,
  ): Promise<Answer> {
    refuseAborted(signal);
    const connection = new AbortController();
    const late = new GantryError("timed_out", `The answer took longer than ${timeoutMs} ms.`);
    const leave = (): void => connection.abort(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    const timer = setTimeout(() => connection.abort(late), Math.min(timeoutMs, longestTimerMs));
    let requestId: string | undefined;
    const toError = (thrown: unknown): GantryError => {
      if (thrown instanceof GantryError) return thrown;
      if (signal?.aborted === true) return toAborted(signal);
      if (connection.signal.reason instanceof GantryError) return connection.signal.reason;
      const message = `The connection to ${settings.baseUrl} failed: ${describe(thrown)}.`;
      return new GantryError("connection_failed", message, { cause: thrown, requestId });
    };
    const close = (): void => {
      signal?.removeEventListener("abort", leave);
      connection.abort(late);
    };
    try {
      const response = await settings.fetch(toUrl(settings.baseUrl, request), { ...init, signal: connection.signal });
      requestId = response.headers.get("x-request-id") ?? undefined;
      const answer: OpenAnswer = { response, requestId, close, toError };
      await refuseOthers(answer);
      return await read(answer);
    } catch (thrown) {
      const error = toError(thrown);
      close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    idleTimeoutMs,
    open: (request, options = {}) => send(request, options, (answer) => Promise.resolve(answer)),
    call: (request, options = {}) => send(request, options, readObject),
    async json<Answer>(request: HttpRequest, options: CallOptions = {}) {
      const { body } = await send(request, options, readObject);
      // What is in it is typed by the contracts and not checked again: that would bring a schema library into each bundle.
      return body as Answer;
    },
  };
}

async function refuseOthers({ response }: OpenAnswer): Promise<void> {
  if (response.ok) return;
  // Followed, a redirect would make a GET of a POST, and bring the key elsewhere.
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    const message = "The address answers with a redirect: set `baseUrl` to where the server itself is.";
    throw new GantryError("unexpected_answer", message, { status: response.status });
  }
  throw readError(response.status, response.headers, await readSome(response));
}

async function readObject({ response, requestId, close }: OpenAnswer): Promise<{ body: object; headers: Headers }> {
  const body = parseJson(await response.text());
  close();
  if (typeof body === "object" && body !== null) return { body, headers: response.headers };
  const { status } = response;
  throw new GantryError("unexpected_answer", "The answer is no JSON object.", { status, requestId });
}

/** An error's body, as far as it is short. */
async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (reader !== undefined && text.length < longestErrorBody) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text;
}

function toInit(request: HttpRequest, apiKey: string, { idempotencyKey }: CallOptions): RequestInit {
  const { method, body, repeat } = request;
  const isForm = body instanceof FormData;
  return {
    method,
    redirect: "manual",
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body !== undefined && !isForm && { "content-type": "application/json" }),
      ...(repeat === "keyed" && { "idempotency-key": idempotencyKey ?? createKey() }),
      ...request.headers,
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  };
}

/** Not `randomUUID`: a browser has that on secure pages alone. */
function createKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function toUrl(baseUrl: string, { path, query = {} }: HttpRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.append(name, String(value));
  const text = search.toString();
  return text === "" ? `${baseUrl}${path}` : `${baseUrl}${path}?${text}`;
}

/** Node's fetch hides what happened in `cause`. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? `${thrown.message} (${thrown.cause.message})` : thrown.message;
}
