import { EventEmitter, once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { sendAnswer, type Told } from "./send-upstream-answer.ts";
import type { UpstreamCall, UpstreamScript } from "./upstream-call.ts";

export interface OpenAiUpstreamOptions {
  /** What the upstream answers; "ok" where nothing is said. */
  readonly script?: UpstreamScript;
  /** The keys it takes, as a bearer token or, at Azure's addresses, in `api-key`. Without them it asks for none. */
  readonly keys?: readonly string[];
  readonly models?: readonly string[];
  /** Takes what OpenAI's own server would refuse, as many servers of its API do. */
  readonly lenient?: boolean;
}

/** A server of OpenAI's API on loopback that says what a test tells it to. */
export interface OpenAiUpstream {
  /** Without a path: `/v1` is OpenAI's, the bare address Azure's. */
  readonly url: string;
  /** What came, in order, refused calls included. */
  readonly calls: readonly UpstreamCall[];
  /** The usage that it told, an entry for each answer in which a caller could read it. */
  readonly told: readonly Told[];
  /** Answers by another script from now on. */
  answerWith(script: UpstreamScript): void;
  /** Resolves with the call of this number, counted from 0, when it has come. */
  untilCall(index: number): Promise<UpstreamCall>;
  /** Ends all connections. Rejects with what a script threw. */
  stop(): Promise<void>;
}

export async function startOpenAiUpstream(options: OpenAiUpstreamOptions = {}): Promise<OpenAiUpstream> {
  const { keys = [], models = ["gpt-test"], lenient = false } = options;
  const calls: UpstreamCall[] = [];
  const told: Told[] = [];
  const failures: unknown[] = [];
  const arrivals = new EventEmitter();
  let script: UpstreamScript = options.script ?? (() => ({ text: "ok" }));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = readRoute(request.url ?? "");
    const body = await text(request);
    if (route === undefined) return sendAnswer(response, { status: 404, message: "Resource not found" });
    if (keys.length > 0 && !keys.includes(readKey(request.headers, route))) {
      return sendAnswer(response, { status: 401, code: "invalid_api_key", message: "Incorrect API key provided." });
    }
    if (route.kind === "models") return sendJson(response, listModels(models));
    const call = {
      api: route.kind,
      url: request.url ?? "",
      deployment: route.deployment,
      headers: request.headers,
      text: body,
      body: parseBody(body),
      ended: observeEnd(response),
    };
    const index = calls.push(call) - 1;
    arrivals.emit("call");
    const answer = await script(call, index);
    await sendAnswer(response, answer, { call, index, lenient, tell: (usage) => told.push(usage) });
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      failures.push(error);
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    told,
    answerWith(next) {
      script = next;
    },
    async untilCall(index) {
      for (;;) {
        const call = calls[index];
        if (call !== undefined) return call;
        await once(arrivals, "call");
      }
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      if (failures.length > 0) throw new AggregateError(failures, "The scripted upstream failed.");
    },
  };
}

interface Route {
  readonly kind: "chat" | "responses" | "models";
  readonly deployment: string | undefined;
}

/** OpenAI's addresses, and Azure's, which name the model and must name a version. */
function readRoute(url: string): Route | undefined {
  const { pathname, searchParams } = new URL(url, "http://upstream");
  const path = /^\/(?:v1|openai\/deployments\/([^/]+))\/(chat\/completions|responses|models)$/.exec(pathname);
  if (path === null) return undefined;
  const deployment = path[1] === undefined ? undefined : decodeURIComponent(path[1]);
  if (deployment !== undefined && !searchParams.has("api-version")) return undefined;
  const kinds: Readonly<Record<string, Route["kind"]>> = { "chat/completions": "chat", responses: "responses" };
  return { kind: kinds[path[2] ?? ""] ?? "models", deployment };
}

function readKey(headers: IncomingHttpHeaders, { deployment }: Route): string {
  if (deployment !== undefined) return String(headers["api-key"] ?? "");
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
}

function parseBody(body: string): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(body === "" ? "{}" : body);
  if (typeof parsed !== "object" || parsed === null) throw new Error(`The body is no JSON object: ${body}`);
  return { ...parsed };
}

async function observeEnd(response: ServerResponse): Promise<"whole" | "cut"> {
  await once(response, "close");
  return response.writableFinished ? "whole" : "cut";
}

function listModels(models: readonly string[]) {
  const data = models.map((id) => ({ id, object: "model", created: 1_767_225_600, owned_by: "gantry-test" }));
  return { object: "list", data };
}

function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}
