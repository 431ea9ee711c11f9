import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { z } from "zod";

const message = z.looseObject({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string(),
  params: z
    .looseObject({ protocolVersion: z.string().optional(), arguments: z.record(z.string(), z.unknown()).optional() })
    .optional(),
});

/** A remote server of the Model Context Protocol with one tool, which knows every word. */
export async function startToolServer() {
  const authorizations = new Set<string | undefined>();
  const server = createServer(async (request, response) => {
    if (request.method !== "POST") return response.writeHead(405).end();
    authorizations.add(request.headers.authorization);
    const { id, method, params } = message.parse(await json(request));
    if (id === undefined) return response.writeHead(202).end();
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(JSON.stringify({ jsonrpc: "2.0", id, result: answer(method, params ?? {}) }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Of a server on a port it is always an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    authorizations,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(method: string, params: NonNullable<z.infer<typeof message>["params"]>): object {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "docs", version: "1" },
      };
    case "tools/list":
      return {
        tools: [
          {
            name: "lookup",
            description: "Looks a word up.",
            inputSchema: { type: "object", properties: { word: { type: "string" } } },
          },
        ],
      };
    case "tools/call":
      return { content: [{ type: "text", text: `${String(params.arguments?.["word"])} is known` }] };
    default:
      return {};
  }
}
