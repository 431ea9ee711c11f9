import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { AddressInfo } from "node:net";
import { answerBrokenRequest } from "./answer-broken-request.ts";
import { authenticate } from "./authenticate.ts";
import type { HttpParts } from "./http-parts.ts";
import { readJson } from "./read-json.ts";
import { createChatCompletionsRoute } from "./serve-chat-completions.ts";
import { createHealthRoutes } from "./serve-health.ts";
import { createModelRoutes } from "./serve-models.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who sends it; empty on open routes. */
    owner: string;
    /** On the monotonic clock, before the body was read. */
    receivedAt: number;
  }
}

export interface HttpServer {
  /** Resolves with the bound address. Rejects with the system's error, such as `EADDRINUSE`. */
  listen(host: string, port: number): Promise<{ host: string; port: number }>;
  /** Closes the port and every connection that is not in use. */
  close(): Promise<void>;
  /** Requests that are being answered now. */
  readonly running: number;
  /** Resolves when none is being answered. */
  idle(): Promise<void>;
  /** Cuts every connection. */
  cut(): void;
}

const openRoutes = new Set(["/health", "/ready"]);

export function createHttpServer(parts: HttpParts): HttpServer {
  const app = Fastify({
    logger: false,
    bodyLimit: parts.bodyLimitBytes,
    genReqId: (request) =>
      readRequestId(request.headers["x-request-id"]) ?? `req_${parts.createId().replaceAll("-", "")}`,
    requestTimeout: 60_000,
    // Longer than the usual idle times of proxies and clients, so that none reuses a connection just closed here.
    keepAliveTimeout: 75_000,
    routerOptions: { maxParamLength: 500 },
    forceCloseConnections: "idle",
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, parts.chat),
    // An address that cannot be decoded gets here before any hook has run.
    frameworkErrors: (error, request, reply) =>
      sendError(toPublicFailure(error, request, parts), reply.header("x-request-id", request.id), parts),
  });
  const traffic = createTraffic();
  app.decorateRequest("owner", "");
  app.decorateRequest("receivedAt", 0);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, readJson(Buffer.isBuffer(body) ? body : Buffer.from(body)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  app.addHook("onRequest", async (request, reply) => {
    request.receivedAt = parts.clock.now();
    traffic.enter(reply);
    reply.header("x-request-id", request.id);
    reply.header("x-gantry-upstream", parts.facts.upstream);
    if (!openRoutes.has(request.routeOptions.url ?? ""))
      request.owner = authenticate(request.raw.headersDistinct, parts.findOwner);
    // Before the body is read, whose faults would otherwise be told of an address that is not there.
    if (request.is404) throw new FailureError(toMissing(app, request));
  });
  app.addHook("onResponse", async (request, reply) => logRequest(request, reply, parts));
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // A client that is still sending would lose the answer with its connection: the rest is read and dropped instead.
    reply.removeHeader("connection");
    request.raw.resume();
    // Nobody is there to be told that the work was given up because nobody was there.
    const failure = reply.raw.destroyed ? toFailure("internal") : toPublicFailure(error, request, parts);
    return sendError(failure, reply, parts);
  });
  addRoutes(app, parts);

  return {
    async listen(host, port) {
      await app.listen({ host, port });
      const address = app.server.address() as AddressInfo;
      return { host, port: address.port };
    },
    close: () => app.close(),
    get running() {
      return traffic.running;
    },
    idle: traffic.idle,
    cut: () => app.server.closeAllConnections(),
  };
}

function addRoutes(app: FastifyInstance, parts: HttpParts): void {
  const health = createHealthRoutes(parts);
  const models = createModelRoutes(parts);
  app.get("/health", health.health);
  app.get("/ready", health.ready);
  app.get("/v1/models", models.list);
  app.get("/v1/models/*", models.one);
  app.post("/v1/chat/completions", createChatCompletionsRoute(parts));
}

/** Counts the requests that are being answered, streams included. */
function createTraffic() {
  let running = 0;
  let waiting: (() => void)[] = [];
  return {
    get running() {
      return running;
    },
    enter(reply: FastifyReply): void {
      running += 1;
      reply.raw.once("close", () => {
        running -= 1;
        if (running > 0) return;
        for (const resolve of waiting) resolve();
        waiting = [];
      });
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.push(resolve))),
  };
}

/** A client's own id is taken over where it is harmless in a header and a log. */
function readRequestId(given: string | string[] | undefined): string | undefined {
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}

function sendError(failure: Failure, reply: FastifyReply, { chat }: HttpParts): FastifyReply {
  const { status, headers, body } = chat.encodeError(failure);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  return reply.code(status).headers(headers).send(body);
}

/** What the client may know of an error: our own failures as they are, the framework's by their codes, no other. */
function toPublicFailure(error: FastifyError, request: FastifyRequest, { bodyLimitBytes, log }: HttpParts): Failure {
  if (error instanceof FailureError) return error.failure;
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return toFailure("body_too_large", `The body is larger than ${bodyLimitBytes} bytes.`);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return toFailure("unsupported_media_type");
    case "FST_ERR_BAD_URL":
      return toFailure("invalid_request", "The address cannot be read.");
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return toFailure("invalid_request", "The body does not have the announced length.", { param: "body" });
  }
  if (error.statusCode !== undefined && error.statusCode < 500) return toFailure("invalid_request");
  log.error({ err: error, request: request.id }, "a request failed inside");
  return toFailure("internal");
}

function toMissing(app: FastifyInstance, request: FastifyRequest): Failure {
  const url = request.url.split("?")[0] ?? "";
  const methods = (["GET", "POST"] as const).filter((method) => app.findRoute({ method, url }) !== null);
  const shown = JSON.stringify(url.slice(0, 200));
  return methods.length === 0
    ? toFailure("not_found", `There is nothing at ${shown}.`)
    : toFailure("method_not_allowed", `${shown} takes ${methods.join(" and ")}, not ${request.method}.`);
}

function logRequest(request: FastifyRequest, reply: FastifyReply, { clock, log }: HttpParts): void {
  const fields = {
    request: request.id,
    method: request.method,
    route: request.routeOptions.url ?? "unknown",
    status: reply.statusCode,
    ms: Math.round(clock.now() - request.receivedAt),
    process: reply.getHeader("x-gantry-process"),
  };
  log.info(fields, "request answered");
}
