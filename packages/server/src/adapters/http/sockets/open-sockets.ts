import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { EncodedError } from "../../../core/ports/wire-format.ts";

/** What is served where a connection is taken over. */
export interface SocketEndpoint {
  readonly address: RegExp;
  /** Resolves with who serves the client. Rejects with a `FailureError`, which is answered on the connection. */
  accept(request: IncomingMessage): Promise<(client: WebSocket) => void>;
  encodeError(failure: Failure): EncodedError;
}

export interface SocketsParts {
  readonly bodyLimitBytes: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Sockets {
  /** Takes a connection over, or answers on it and ends it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Whether a request asks for what is served here. */
  wants(request: IncomingMessage): boolean;
  /** Ends every connection: with a goodbye where the client takes it at once. */
  cut(): void;
}

/** Going away, by RFC 6455. */
const away = 1001;
const goodbyeMs = 500;

/** The WebSockets of this server, each at an address of its own. */
export function openSockets(
  { bodyLimitBytes, clock, log }: SocketsParts,
  endpoints: readonly SocketEndpoint[],
): Sockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: bodyLimitBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const find = ({ url = "" }: IncomingMessage): SocketEndpoint | undefined =>
    endpoints.find(({ address }) => address.test(url));

  return {
    wants: (request) => find(request) !== undefined && request.method === "GET",
    upgrade(request, socket, head) {
      // The connection may break at any time; nobody else listens yet.
      socket.on("error", () => socket.destroy());
      const endpoint = find(request);
      if (endpoint === undefined) return void socket.destroy();
      endpoint
        .accept(request)
        .then((serve) => server.handleUpgrade(request, socket, head, serve))
        .catch((error: unknown) => {
          if (!(error instanceof FailureError)) log.error({ err: error }, "a connection failed inside");
          const failure = error instanceof FailureError ? error.failure : toFailure("internal");
          refuse(socket, endpoint.encodeError(failure));
        });
    },
    cut() {
      for (const client of server.clients) {
        client.close(away);
        client.once(
          "close",
          clock.after(goodbyeMs, () => client.terminate()),
        );
      }
    },
  };
}

function refuse(socket: Duplex, { status, headers, body }: EncodedError): void {
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}
