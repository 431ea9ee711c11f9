import { FailureError, toFailure, type Failure } from "@gantry/contracts/errors";
import { STATUS_CODES, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { type Principal, requireScope } from "../../../core/access/principal.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { SessionService } from "../../../core/sessions/session-service.ts";
import { authenticate, findKeyHeaders } from "../authenticate.ts";
import { serveSessionSocket } from "./serve-session-socket.ts";

export interface SessionSocketParts {
  readonly sessions: SessionService;
  identify(key: string): Promise<Principal | undefined>;
  encodeError(failure: Failure): {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly bodyLimitBytes: number;
  /** How long a client may take nothing, and how long it may take to say who it is. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SessionSockets {
  /** Takes a connection over, or answers on it and ends it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Whether a request asks for what is served here. */
  wants(request: IncomingMessage): boolean;
  /** Ends every connection at once. */
  cut(): void;
}

const address = /^\/v1\/sessions\/([^/?]{1,200})\/ws(?:\?|$)/;

/**
 * `/v1/sessions/{id}/ws`: the events of a session out and a client's events in. The key comes with the request for the upgrade, or
 * in the first frame, since browsers can send no header.
 */
export function openSessionSockets(parts: SessionSocketParts): SessionSockets {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: parts.bodyLimitBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });

  async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const id = toSessionId(request);
    const headers = findKeyHeaders(request.rawHeaders);
    const isNamed = headers["authorization"] !== undefined || headers["x-api-key"] !== undefined;
    const admit = async (key: string | undefined): Promise<Principal> => {
      const principal =
        key === undefined
          ? await authenticate(headers, parts.identify)
          : await authenticate({ "x-api-key": [key] }, parts.identify);
      refuseUnfit(principal);
      // What it may not see is told before anything is streamed.
      await parts.sessions.get(principal, id);
      return principal;
    };
    const principal = isNamed ? await admit(undefined) : undefined;
    server.handleUpgrade(request, socket, head, (client) => {
      void serveSessionSocket(parts, client, {
        id,
        address: request.socket.remoteAddress ?? null,
        query: new URL(request.url ?? "", "http://gantry").searchParams,
        principal,
        admit,
      });
    });
  }

  return {
    wants: (request) => address.test(request.url ?? "") && request.method === "GET",
    upgrade(request, socket, head) {
      // The connection may break at any time; nobody else listens yet.
      socket.on("error", () => socket.destroy());
      accept(request, socket, head).catch((error: unknown) => {
        if (!(error instanceof FailureError)) parts.log.error({ err: error }, "a connection failed inside");
        refuse(socket, parts.encodeError(error instanceof FailureError ? error.failure : toFailure("internal")));
      });
    },
    cut() {
      for (const client of server.clients) client.terminate();
    },
  };
}

function toSessionId({ url = "" }: IncomingMessage): string {
  try {
    return decodeURIComponent(address.exec(url)?.[1] ?? "");
  } catch (cause) {
    throw new FailureError(toFailure("invalid_request", "The address cannot be read."), { cause });
  }
}

function refuseUnfit(principal: Principal): void {
  const refusal =
    principal.runId === undefined
      ? requireScope(principal, "sessions")
      : toFailure("insufficient_scope", "The token of a run is good for calls of models alone: POST /v1/messages.");
  if (refusal !== undefined) throw new FailureError(refusal);
}

function refuse(socket: Duplex, { status, headers, body }: ReturnType<SessionSocketParts["encodeError"]>): void {
  const text = JSON.stringify(body);
  const lines = Object.entries({
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(text)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n${text}`);
}
