import type { ClientConfig } from "../../client-config.ts";
import { systemErrorCode } from "../../start-error.ts";

export type Query = Readonly<Record<string, string | number | undefined>>;

/** The HTTP API, as the commands use it. All methods reject with an {@link ApiError}. */
export interface ApiClient {
  read(path: string, query?: Query): Promise<unknown>;
  send(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<unknown>;
  /**
   * Reads pages of a list until it has so many rows. `next_cursor` tells whether there are more; `cursor` is the name under
   * which the list takes it.
   */
  list(path: string, query: Query, limit: number, cursor: "cursor" | "after"): Promise<ApiList>;
  /** An answer that is no JSON, as it comes. */
  stream(path: string, query: Query): Promise<AsyncIterable<string>>;
}

export interface ApiList {
  readonly data: readonly unknown[];
  readonly next_cursor: string | null;
}

/** The server refused, or does not answer. The message is one line. */
export class ApiError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiError";
  }
}

const answerMs = 60_000;
const largestPage = 200;

export function createApiClient({ url, key }: ClientConfig): ApiClient {
  async function call(method: string, path: string, query: Query, options: RequestInit): Promise<Response> {
    const address = new URL(url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const headers = { authorization: `Bearer ${key.reveal()}`, ...options.headers };
    // A redirect would carry the key to an address that nobody named.
    const response = await fetch(address, { ...options, method, headers, redirect: "manual" }).catch((error) => {
      throw new ApiError(
        `no server answers at ${url} (${reasonOf(error)}); start one with "npm start" or "gantry serve", or name another with --url`,
      );
    });
    if (!response.ok) throw new ApiError(await readRefusal(response, url));
    return response;
  }

  async function json(method: string, path: string, query: Query, body?: unknown): Promise<unknown> {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await call(method, path, query, { ...sent, signal: AbortSignal.timeout(answerMs) });
    return await response.json().catch(() => {
      throw new ApiError(`the answer of ${url} is no JSON: is it Gantry?`);
    });
  }

  return {
    read: (path, query = {}) => json("GET", path, query),
    send: (method, path, body) => json(method, path, {}, body),
    async list(path, query, limit, cursorName) {
      const data: unknown[] = [];
      let cursor: string | null = null;
      do {
        const size = Math.min(largestPage, limit - data.length);
        const asked: Query = { ...query, limit: size, ...(cursor !== null && { [cursorName]: cursor }) };
        // The server's own contract; a list of another form shows as an empty one.
        const page = (await json("GET", path, asked)) as Partial<ApiList>;
        data.push(...(page.data ?? []));
        cursor = page.next_cursor ?? null;
      } while (cursor !== null && data.length < limit);
      return { data, next_cursor: cursor };
    },
    async stream(path, query) {
      const { body } = await call("GET", path, query, {});
      return readText(body, url);
    },
  };
}

async function* readText(body: ReadableStream<Uint8Array> | null, url: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of body ?? []) yield decoder.decode(bytes, { stream: true });
  } catch (cause) {
    throw new ApiError(`${url} cut its answer off`, { cause });
  }
  yield decoder.decode();
}

/** The server's own sentence where it is one. */
async function readRefusal(response: Response, url: string): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  const error = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  const { message, code: plain, details } = toFields(error);
  // Where an address answers in Anthropic's shape, the code lies there.
  const code = plain ?? toFields(details)["error_code"];
  if (typeof message === "string" && typeof code === "string") return `${message} (${code})`;
  return `${url} answered with status ${response.status}: is it Gantry?`;
}

function toFields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `nothing within ${answerMs / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "connection refused",
    ECONNRESET: "connection cut",
    ENOTFOUND: "no such host",
    EAI_AGAIN: "no such host",
  };
  const code = systemErrorCode(cause) ?? "";
  return words[code] ?? (code === "" ? "no connection" : code);
}
