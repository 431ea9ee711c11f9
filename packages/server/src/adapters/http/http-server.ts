import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { hash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { addAdminRoutes } from "./admin/add-admin-routes.ts";
import { addWorkspaceRoutes } from "./admin/add-workspace-routes.ts";
import { addDocumentRoutes } from "./document/add-document-routes.ts";
import { createRequestId } from "./create-request-id.ts";
import { addMcpRoutes } from "./mcp/add-mcp-routes.ts";
import { addTaskRoutes } from "./tasks/add-task-routes.ts";
import { addChatSessionRoutes } from "./chat/add-chat-session-routes.ts";
import { addCompatRoutes } from "./compat/add-compat-routes.ts";
import { toDetail } from "./compat/compat-operations.ts";
import { addKoineRoutes } from "./koine/add-koine-routes.ts";
import { createWorkCount } from "../../core/budgets/work-count.ts";
import { answerBrokenRequest } from "./answer-broken-request.ts";
import { authenticate, findKeyHeaders } from "./authenticate.ts";
import { awaitsBodyKey } from "./tasks/body-key.ts";
import { chooseErrorDialect, pathOf, speaksAnthropic } from "./error-dialect.ts";
import type { HttpParts } from "./http-parts.ts";
import { keepRunsToCalls } from "./keep-runs-to-calls.ts";
import { formType } from "./managed/add-answer-link-routes.ts";
import { addManagedRoutes } from "./managed/add-managed-routes.ts";
import { createUploadSockets, type UploadSockets } from "./managed/upload-sockets.ts";
import { createSocketEndpoints } from "./socket-endpoints.ts";
import { openSockets } from "./sockets/open-sockets.ts";
import { addEmbeddingsRoute, addMessagesRoutes } from "./model-calls/add-messages-routes.ts";
import { createMessagesRoads } from "./model-calls/serve-agent-messages.ts";
import { isOpenPath } from "./open-paths.ts";
import { observeRequests } from "./observe-requests.ts";
import { readJson } from "./read-json.ts";
import { addResponseRoutes } from "./responses/add-response-routes.ts";
import { createChatCompletionsRoute } from "./serve-chat-completions.ts";
import { createHealthRoutes } from "./serve-health.ts";
import { addMetricsRoute } from "./serve-metrics.ts";
import { createModelRoutes } from "./serve-models.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** On the monotonic clock, before the body was read. */
    receivedAt: number;
    /** SHA-256 of the body in hexadecimal; null where there was none. */
    bodyDigest: string | null;
    /** The body as it came; empty where there was none. */
    rawBody: Uint8Array;
  }
  interface FastifyContextConfig {
    /** Whether a JSON body is left as it came: a call that goes on to an upstream need not be parsed whole. */
    readonly keepsBytes?: boolean;
    /** Whether the route takes no body: an announced one of nothing is no fault. */
    readonly mayBeEmpty?: boolean;
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

const noBytes = new Uint8Array();

export function createHttpServer(parts: HttpParts): HttpServer {
  const uploads = createUploadSockets(parts.clock.after);
  const traffic = createWorkCount();
  const sockets = openSockets(parts, createSocketEndpoints(parts, traffic.begin));
  const app = Fastify({
    // A client that would rather speak another protocol is served in this one.
    http: { shouldUpgradeCallback: sockets.wants },
    logger: false,
    bodyLimit: parts.bodyLimitBytes,
    genReqId: (request) => readRequestId(request.headers["x-request-id"]) ?? createRequestId(parts),
    requestTimeout: 60_000,
    // Longer than the usual idle times of proxies and clients, so that none reuses a connection just closed here.
    keepAliveTimeout: 75_000,
    routerOptions: { maxParamLength: 500 },
    forceCloseConnections: "idle",
    clientErrorHandler(error, socket) {
      // Who uploads may take longer: the upload has deadlines of its own.
      if ("code" in error && error.code === "ERR_HTTP_REQUEST_TIMEOUT" && uploads.has(socket)) return;
      answerBrokenRequest(error, socket, parts.chat);
    },
    // An address that cannot be decoded gets here before any hook has run.
    frameworkErrors: (error, request, reply) =>
      sendError(toPublicFailure(error, request, parts), request, reply.header("x-request-id", request.id), parts),
  });
  app.decorateRequest("principal");
  app.decorateRequest("trace");
  app.decorateRequest("receivedAt", 0);
  app.decorateRequest("bodyDigest", null);
  app.decorateRequest("rawBody");
  app.removeAllContentTypeParsers();
  // Commands of curl that name no type send JSON as a form's; it is read as what it is.
  app.addContentTypeParser(["application/json", formType], { parseAs: "buffer" }, (request, body, done) => {
    try {
      if (request.routeOptions.config.takesPageForm === true) {
        const isForm = request.headers["content-type"]?.toLowerCase().startsWith(formType) === true;
        if (!isForm) throw new FailureError(toFailure("unsupported_media_type", `The body must be ${formType}.`));
        return done(null, new URLSearchParams(body.toString()));
      }
      // Many clients name a type where they send nothing.
      const mayBeEmpty = request.method === "DELETE" || request.routeOptions.config.mayBeEmpty === true;
      if (mayBeEmpty && body.length === 0) return done(null, undefined);
      const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
      request.rawBody = bytes;
      request.bodyDigest = hash("sha256", bytes);
      done(null, request.routeOptions.config.keepsBytes === true ? undefined : readJson(bytes));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  app.addContentTypeParser("multipart/form-data", (request, _body, done) => {
    // Left to the route, which reads it as it comes.
    if (request.routeOptions.config.readsForm === true) return done(null);
    done(new FailureError(toFailure("unsupported_media_type")));
  });
  observeRequests(app, parts);
  app.addHook("onRequest", async (request, reply) => {
    request.receivedAt = parts.clock.now();
    request.rawBody = noBytes;
    reply.raw.once("close", traffic.begin());
    reply.header("x-request-id", request.id);
    // Where Anthropic's clients look for it.
    if (speaksAnthropic(request)) reply.header("request-id", request.id);
    reply.header("x-gantry-upstream", parts.facts.upstream);
    // The address decides, so that a wrong method on an open route is told as such.
    if (!isOpenPath(pathOf(request)) && !awaitsBodyKey(request)) {
      request.principal = await authenticate(findKeyHeaders(request.raw.rawHeaders), parts.identify);
      keepRunsToCalls(request);
    }
    // Before the body is read, whose faults would otherwise be told of an address that is not there.
    if (request.is404) throw new FailureError(toMissing(app, request, reply));
    const encoding = request.headers["content-encoding"] ?? "identity";
    if (encoding !== "identity") {
      throw new FailureError(
        toFailure("unsupported_media_type", "Compressed bodies are not taken; send the JSON as it is."),
      );
    }
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    // A client that is still sending would lose the answer with its connection: the rest is read and dropped instead.
    reply.removeHeader("connection");
    request.raw.resume();
    // Nobody is there to be told that the work was given up because nobody was there.
    if (reply.raw.destroyed) return reply.code(500).send();
    const failure = toPublicFailure(error, request, parts);
    parts.noteRefusal(failure, request);
    return sendError(failure, request, reply, parts);
  });
  addRoutes(app, parts, uploads);
  app.server.on("upgrade", sockets.upgrade);

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
    cut() {
      sockets.cut();
      app.server.closeAllConnections();
    },
  };
}

function addRoutes(app: FastifyInstance, parts: HttpParts, uploads: UploadSockets): void {
  const health = createHealthRoutes(parts);
  const models = createModelRoutes(parts);
  app.get("/health", health.health);
  app.get("/ready", health.ready);
  addDocumentRoutes(app, parts);
  addMetricsRoute(app, { text: parts.metricsText });
  addAdminRoutes(app, { ...parts.admin, clock: parts.clock });
  addManagedRoutes(app, { ...parts, ...parts.managed, uploads });
  addWorkspaceRoutes(app, parts.workspaces);
  addCompatRoutes(app, { ...parts, ...parts.compat });
  addKoineRoutes(app, parts);
  addChatSessionRoutes(app, parts);
  addTaskRoutes(app, { ...parts, ...parts.managed, tasks: parts.tasks });
  addMcpRoutes(app, { ...parts, ...parts.managed, ...parts.workspaces, ...parts.compat, tasks: parts.tasks });
  addResponseRoutes(app, parts);
  addMessagesRoutes(app, { ...parts, ...parts.calls }, createMessagesRoads(parts));
  addEmbeddingsRoute(app, { ...parts, ...parts.calls });
  app.get("/v1/models", models.list);
  app.get("/v1/models/*", models.one);
  app.post("/v1/chat/completions", { config: { keepsBytes: true } }, createChatCompletionsRoute(parts));
}

/** A client's own id is taken over where it is harmless in a header and a log. */
function readRequestId(given: string | string[] | undefined): string | undefined {
  return typeof given === "string" && /^[\w.:-]{1,128}$/.test(given) ? given : undefined;
}

function sendError(failure: Failure, request: FastifyRequest, reply: FastifyReply, parts: HttpParts): FastifyReply {
  parts.metrics.refused(failure.code);
  const encode = chooseErrorDialect(request, {
    openai: parts.chat.encodeError,
    anthropic: parts.encodeAnthropicError,
  });
  const { status, headers, body } = encode(failure);
  // Some errors come before the hook that names the request.
  if (speaksAnthropic(request)) reply.header("request-id", request.id);
  if (status === 401) reply.header("www-authenticate", "Bearer");
  const told = typeof body === "object" && body !== null ? { ...body, ...toDetail(pathOf(request), failure) } : body;
  return reply.code(status).headers(headers).send(told);
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

function toMissing(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): Failure {
  const url = pathOf(request);
  const methods = (["GET", "POST", "PUT", "PATCH", "DELETE"] as const).filter(
    (method) => app.findRoute({ method, url }) !== null,
  );
  const shown = JSON.stringify(url.slice(0, 200));
  if (methods.length > 0) reply.header("allow", methods.join(", "));
  return methods.length === 0
    ? toFailure("not_found", `There is nothing at ${shown}.`)
    : toFailure("method_not_allowed", `${shown} takes ${methods.join(" and ")}, not ${request.method}.`);
}
