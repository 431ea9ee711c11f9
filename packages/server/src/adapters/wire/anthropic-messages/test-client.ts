import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import Anthropic from "@anthropic-ai/sdk";

/** The official client against a server on loopback that answers every call in this way. */
export async function startClient(
  context: TestContext,
  answer: (response: ServerResponse) => void,
  options: { readonly maxRetries?: number } = {},
): Promise<Anthropic> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => answer(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return new Anthropic({ apiKey: "none", baseURL: `http://127.0.0.1:${port}`, maxRetries: 0, ...options });
}

/** Sends a stream in pieces of so many bytes, each in a write of its own. */
export function sendStream(response: ServerResponse, stream: string, pieceBytes: number): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const bytes = Buffer.from(stream);
  for (let start = 0; start < bytes.length; start += pieceBytes)
    response.write(bytes.subarray(start, start + pieceBytes));
  response.end();
}

export const call: Anthropic.MessageCreateParamsNonStreaming = {
  model: "m",
  max_tokens: 100,
  messages: [{ role: "user", content: "hi" }],
};
