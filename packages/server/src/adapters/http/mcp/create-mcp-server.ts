import {
  type CallToolResult,
  createMcpHandler,
  McpServer,
  type McpHttpHandler,
  ResourceTemplate,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { toFailure, type Failure } from "@gantry/contracts/errors";
import { requireScope } from "../../../core/access/principal.ts";
import { toPublicFailure } from "../stream/run-stream.ts";
import { artifactTemplate, readArtifact } from "./artifact-resources.ts";
import type { McpParts } from "./add-mcp-routes.ts";
import { createCapabilityTool } from "./capability-tool.ts";
import { createChatTool } from "./chat-tool.ts";
import type { McpCaller, McpResult, McpTool } from "./mcp-tool.ts";
import { createTaskTools } from "./task-tools.ts";

const instructions =
  "Gantry hands jobs to coding agents. Start one with start_task, follow it with watch_task until it is over, and answer what it asks with " +
  "answer_question. What it made is listed in the task and can be read as resources.";

/** Serves each request by itself, with the tools that its key may use: nothing is kept between two requests. */
export function openMcp(parts: McpParts): McpHttpHandler {
  const tools = [...createTaskTools(parts), createChatTool(parts), createCapabilityTool(parts.capabilities)];
  return createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo?.extra?.["caller"] as McpCaller; // Put there by the route.
      const server = new McpServer({ name: "gantry", version: parts.facts.version }, { instructions });
      for (const tool of tools) if (mayUse(tool, caller)) addTool(server, parts, tool, caller);
      if (caller.principal.scopes.includes("tasks")) addArtifacts(server, parts, caller);
      return server;
    },
    { onerror: (error) => parts.log.debug({ err: error }, "an MCP request was refused") },
  );
}

function mayUse({ access, allows }: McpTool, { principal }: McpCaller): boolean {
  return (access === "any" || requireScope(principal, access) === undefined) && (allows?.(principal) ?? true);
}

function addTool(server: McpServer, parts: McpParts, tool: McpTool, caller: McpCaller): void {
  const { name, description, input, readOnly } = tool;
  const annotations = { readOnlyHint: readOnly, openWorldHint: true };
  server.registerTool(name, { description, inputSchema: input, annotations }, async (given, context) => {
    try {
      // The schema of the tool has checked it.
      const call = { ...caller, input: given as never, signal: context.mcpReq.signal, progress: toProgress(context) };
      return toToolResult(await tool.run(call));
    } catch (error) {
      return toToolFailure(note(parts, caller, error));
    }
  });
}

function addArtifacts(server: McpServer, parts: McpParts, caller: McpCaller): void {
  const about = { description: "What a task made: the ids are in its artifacts." };
  server.registerResource(
    "artifact",
    new ResourceTemplate(artifactTemplate, { list: undefined }),
    about,
    async (uri, { task, artifact }) => {
      try {
        const place = { task: String(task), artifact: decodeURIComponent(String(artifact)) };
        return await readArtifact(parts, caller.principal, uri.href, place);
      } catch (error) {
        throw new Error(note(parts, caller, error).message, { cause: error });
      }
    },
  );
}

/** Tells the audit, as of every refused request. */
function note(parts: McpParts, { requestId, address, payloadDigest, principal }: McpCaller, error: unknown): Failure {
  const failure = error instanceof URIError ? toFailure("not_found") : toPublicFailure(error, parts.log);
  const request = { id: requestId, method: "POST", ip: address ?? "", principal, bodyDigest: payloadDigest };
  parts.noteRefusal(failure, { ...request, routeOptions: { url: "/mcp" } });
  return failure;
}

function toProgress({ mcpReq }: ServerContext): (message: string) => Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  let progress = 0;
  return async (message) => {
    if (progressToken === undefined) return;
    progress += 1;
    await mcpReq.notify({ method: "notifications/progress", params: { progressToken, progress, message } });
  };
}

function toToolResult({ value, text, links = [] }: McpResult): CallToolResult {
  return {
    content: [
      { type: "text", text: text ?? JSON.stringify(value) },
      ...links.map((link) => ({ type: "resource_link" as const, ...link })),
    ],
    structuredContent: { ...value },
  };
}

function toToolFailure({ code, message, param, retryAfterMs }: Failure): CallToolResult {
  const more = {
    ...(param !== undefined && { param }),
    ...(retryAfterMs !== undefined && { retry_after: Math.ceil(retryAfterMs / 1000) }),
  };
  return {
    isError: true,
    content: [{ type: "text", text: `${code}: ${message}` }],
    structuredContent: { error: { code, message, ...more } },
  };
}
