import type { McpHttpHandler } from "@modelcontextprotocol/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { CapabilityService } from "../../../core/capabilities/capability-service.ts";
import { toActor } from "../../../core/control/actor.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { TaskService } from "../../../core/tasks/task-service.ts";
import { abortWhenClientLeaves } from "../abort-when-client-leaves.ts";
import type { ChatParts } from "../chat/start-chat.ts";
import { openEventStream } from "../event-stream.ts";
import type { HttpParts } from "../http-parts.ts";
import { toPlainHeaders } from "../to-plain-headers.ts";
import type { ArtifactParts } from "./artifact-resources.ts";
import type { McpCaller } from "./mcp-tool.ts";
import type { TaskToolParts } from "./task-tools.ts";

export interface McpParts extends ChatParts, TaskToolParts, ArtifactParts {
  readonly tasks: TaskService;
  readonly capabilities: Pick<CapabilityService, "list">;
  readonly facts: HttpParts["facts"];
  readonly noteRefusal: HttpParts["noteRefusal"];
  readonly stallMs: number;
  readonly log: Log;
}

/** Registers the Model Context Protocol's streamable HTTP. A hook before it sets `request.principal`. */
export function addMcpRoutes(app: FastifyInstance, parts: McpParts): void {
  let opened: Promise<McpHttpHandler> | undefined;
  // Most servers are never asked: the protocol's library is loaded with the first request.
  const open = (): Promise<McpHttpHandler> =>
    (opened ??= import("./create-mcp-server.ts").then(({ openMcp }) => openMcp(parts)));
  app.route({
    method: ["GET", "POST", "DELETE"],
    url: "/mcp",
    config: { mayBeEmpty: true },
    handler: async (request, reply) => await serve(await open(), parts, request, reply),
  });
}

async function serve(
  handler: McpHttpHandler,
  parts: McpParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { principal } = request;
  const caller: McpCaller = {
    principal,
    actor: toActor(principal, request.ip),
    requestId: request.id,
    address: request.ip,
    payloadDigest: request.bodyDigest,
  };
  // The key was checked before: what the library is told of it is who calls, and no secret.
  const authInfo = { token: "", clientId: principal.keyId, scopes: [...principal.scopes], extra: { caller } };
  const response = await handler.fetch(toWebRequest(request, abortWhenClientLeaves(reply.raw)), {
    authInfo,
    ...(request.method === "POST" && { parsedBody: request.body }),
  });
  return await sendResponse(response, parts, reply);
}

function toWebRequest(request: FastifyRequest, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    // What was checked here, and what describes a body that was read here.
    if (typeof value !== "string" || /^(authorization|x-api-key|content-length)$/.test(name)) continue;
    headers.set(name, value);
  }
  return new Request(new URL(request.url, "http://gantry.invalid"), { method: request.method, headers, signal });
}

async function sendResponse(response: Response, { stallMs, clock }: McpParts, reply: FastifyReply): Promise<unknown> {
  const type = response.headers.get("content-type") ?? "";
  for (const [name, value] of response.headers) if (!/^(content-|connection)/.test(name)) reply.header(name, value);
  reply.header("cache-control", "no-store");
  if (!type.startsWith("text/event-stream") || response.body === null) {
    if (type !== "") reply.type(type);
    return reply.code(response.status).send(await response.text());
  }
  reply.hijack();
  const stream = openEventStream(reply.raw, toPlainHeaders(reply.getHeaders()), stallMs, clock);
  reply.raw.flushHeaders();
  try {
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) await stream.write(text);
  } finally {
    stream.end();
  }
  return reply;
}
