import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createGantry, type Gantry, type GantryOptions } from "./create-gantry.ts";
import { createTransport } from "./create-transport.ts";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
export type Answer = (response: ServerResponse, seen: Seen, socket: Socket) => void;

/** A server that gives each request the next of these answers, the last one again and again, and a client of it. */
export async function startAnswers(answers: readonly Answer[], options: Partial<GantryOptions> = {}) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body };
      const answer = answers[Math.min(seen.length, answers.length - 1)];
      seen.push(one);
      answer?.(response, one, request.socket);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  const address = { baseUrl: `http://127.0.0.1:${port}`, apiKey: "gk_test" };
  const gantry: Gantry = createGantry({ ...address, ...options });
  const times = { timeoutMs: 60_000, idleTimeoutMs: 60_000, maxRetries: 0 };
  return {
    gantry,
    transport: createTransport({ ...address, ...times, fetch }),
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}

export const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, { "content-type": "application/json", "x-request-id": "req_1", ...headers })
      .end(typeof body === "string" ? body : JSON.stringify(body));

export const failure = (code: string, status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  json({ error: { message: `It is ${code}.`, type: "server_error", param: null, code } }, status, headers);

/** Server-sent events, as they are written; then the end, a cut, or nothing more. */
export const events =
  (text: string, then: "end" | "cut" | "hang" = "end"): Answer =>
  (response, _, socket) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text, () => {
      if (then === "end") response.end();
      if (then === "cut") socket.destroy();
    });
  };

/** Closes the connection in the place of an answer. */
export const cut: Answer = (_, __, socket) => void socket.destroy();
