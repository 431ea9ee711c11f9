import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { upstreamEntry } from "@gantry/contracts/upstreams";
import { systemClock } from "../../core/ports/clock.ts";
import type { Upstream, UpstreamClient, UpstreamRequest } from "../../core/ports/upstream-client.ts";
import { createUpstreamClient, type UpstreamClientParts } from "./create-upstream-client.ts";
import { testCertificate, testCertificateKey } from "./test-certificate.ts";

/** A request as a server of a test saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly socket: Socket;
}

export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** Every connection that was ever made to it. */
  readonly sockets: readonly Socket[];
  stop(): Promise<void>;
}

export interface TestUpstream extends TestServer {
  readonly seen: readonly SeenRequest[];
}

type Answer = (request: SeenRequest, response: ServerResponse) => void | Promise<void>;

/** A provider on loopback that answers as the test says, once it has the whole request. */
export async function startUpstream(answer: Answer, { secure = false } = {}): Promise<TestUpstream> {
  const seen: SeenRequest[] = [];
  const listener: RequestListener = (incoming, response) => {
    const pieces: Buffer[] = [];
    incoming.on("data", (piece: Buffer) => pieces.push(piece));
    incoming.on("end", () => {
      const { method = "", url = "", headers, socket } = incoming;
      const request = { method, url, headers, body: Buffer.concat(pieces).toString(), socket };
      seen.push(request);
      void answer(request, response);
    });
    incoming.on("error", () => {});
  };
  const server = secure
    ? createSecureServer({ cert: testCertificate, key: testCertificateKey }, listener)
    : createServer(listener);
  const started = await startServer(server, secure ? "https" : "http");
  return { ...started, seen };
}

export async function startServer(server: Server, scheme = "http"): Promise<TestServer> {
  const sockets: Socket[] = [];
  server.on("connection", (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // It listens on TCP, so that its address is no path.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    sockets,
    async stop() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A reset counts as well: waiting by `once` would reject at the error that comes before the close. */
export function untilClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

export function toUpstream(entry: Readonly<Record<string, unknown>>, name = "main"): Upstream {
  return { name, entry: upstreamEntry.parse({ kind: "anthropic", ...entry }), credentials: [] };
}

export interface TestClient {
  readonly upstream: Upstream;
  send(request?: Partial<UpstreamRequest>): ReturnType<UpstreamClient["send"]>;
  stop(): Promise<void>;
}

/** A client of one upstream. */
export function openClient(
  entry: Readonly<Record<string, unknown>>,
  parts: Partial<UpstreamClientParts> = {},
): TestClient {
  const upstream = toUpstream(entry);
  const client = createUpstreamClient({ upstreams: [upstream], clock: systemClock, ...parts });
  return {
    upstream,
    stop: client.stop,
    send: (request) =>
      client.send({
        upstream,
        credential: undefined,
        path: "/v1/messages",
        method: "POST",
        headers: {},
        body: Buffer.from("{}"),
        signal: new AbortController().signal,
        ...request,
      }),
  };
}

export async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Waits until it holds; throws where it does not within ten seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never came: ${what}`);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}
