import { z } from "zod";
import { healthAnswer, readyAnswer } from "../../adapters/http/health-answer.ts";
import type { DescribedRoute, DescribedRoutes } from "./described-route.ts";

const json = "application/json";
const events = "text/event-stream";
const object = z.looseObject({});

/** One message of JSON-RPC 2.0, as the Model Context Protocol has them. */
const rpcMessage = z.looseObject({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.int(), z.null()]).optional(),
  method: z.string().optional(),
  params: object.optional(),
  result: object.optional(),
  error: z.looseObject({ code: z.int(), message: z.string() }).optional(),
});

const mcp = { path: "/mcp", tag: "MCP", access: "any" } as const;
const mcpHeaders = {
  accept: "`application/json, text/event-stream`.",
  "mcp-protocol-version": "The version that was agreed on.",
  "mcp-session-id": "Of a session that the server has opened.",
};
const open = { method: "GET", tag: "Server", access: "any" } as const satisfies Partial<DescribedRoute>;

/** What tells of the server itself, and the protocol that has its own description of what it offers. */
export const serverRoutes: DescribedRoutes = {
  getHealth: {
    ...open,
    path: "/health",
    summary: "Tell how the server is, at once.",
    answers: { 200: { [json]: healthAnswer } },
  },
  getReadiness: {
    ...open,
    path: "/ready",
    summary: "Tell whether a turn can be served now.",
    answers: { 200: { [json]: readyAnswer }, 503: { [json]: readyAnswer } },
  },
  readMetrics: {
    ...open,
    path: "/metrics",
    summary: "Give the metrics in Prometheus's text format.",
    access: "admin",
    answers: { 200: { "text/plain": "text" } },
  },
  getOpenApi: {
    ...open,
    path: "/openapi.json",
    summary: "Give this document.",
    headers: { "if-none-match": "The `etag` of the document that the client has." },
    answers: { 200: { [json]: object }, 304: {} },
  },
  getDocs: {
    ...open,
    path: "/docs",
    summary: "Show this document as a page that can be tried.",
    answers: { 200: { "text/html": "text" }, 304: {} },
  },
  getDocsFile: {
    ...open,
    path: "/docs/:file",
    summary: "Give a file of that page.",
    answers: { 200: { "text/javascript": "text", "text/css": "text", "text/html": "text" }, 304: {} },
  },
  sendMcpMessage: {
    ...mcp,
    method: "POST",
    summary: "Send a message of the Model Context Protocol.",
    headers: mcpHeaders,
    body: { type: json, schema: z.union([rpcMessage, z.array(rpcMessage)]) },
    answers: { 200: { [json]: rpcMessage, [events]: rpcMessage }, 202: {} },
  },
  streamMcpMessages: {
    ...mcp,
    method: "GET",
    summary: "Open the protocol's stream of messages; 405 where there is none.",
    headers: mcpHeaders,
    answers: { 200: { [events]: rpcMessage }, 405: { [json]: rpcMessage } },
  },
  endMcpSession: {
    ...mcp,
    method: "DELETE",
    summary: "End a session of the protocol; 405 where there is none.",
    headers: mcpHeaders,
    answers: { 200: {}, 405: { [json]: rpcMessage } },
  },
};
