import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { coversHost } from "../../core/access/match-host.ts";
import { formatAuthority, parseAbsoluteForm, type EgressTarget } from "../../core/egress/egress-target.ts";
import { carryRequest } from "./carry-request.ts";
import { connectChecked } from "./connect-checked.ts";
import type { EgressDoorState } from "./egress-door-state.ts";
import type { AddedHeader } from "./egress-parts.ts";
import { findGateway, toGatewayPath } from "./find-gateway.ts";
import { toRequestHead } from "./forwarded-headers.ts";
import { sendRefusal } from "./send-refusal.ts";
import { settleWithin } from "./settle-within.ts";

/** Where a request goes in the end. */
interface Road {
  readonly target: EgressTarget;
  readonly path: string;
  readonly isSecure: boolean;
  readonly added?: AddedHeader | undefined;
  readonly isGateway: boolean;
}

/** Serves a request in absolute form, `GET http://host/path`: plain HTTP, or a gateway. */
export async function serveRequest(
  state: EgressDoorState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { parts, gate, signal } = state;
  const { method = "GET", url = "" } = request;
  const asked = parseAbsoluteForm(url);
  // A host that answers TRACE would show what was added.
  if (asked === undefined || method === "TRACE") return sendRefusal(response, gate.refuseUnreadable(method, url));
  const road = chooseRoad(state, asked);
  if (road === undefined) {
    const passage = { method, target: asked.target, withCredential: false };
    return sendRefusal(response, gate.refuse(passage, "gateways", "There is no gateway of this name."));
  }
  const admission = await gate.admit({
    method,
    target: asked.target,
    ...(road.isGateway ? { gateway: road.target } : {}),
    withCredential: road.added !== undefined,
  });
  if ("sentence" in admission) return sendRefusal(response, admission);
  const left = new AbortController();
  response.once("close", () => left.abort(new Error("the client left")));
  const ended = AbortSignal.any([signal, left.signal]);
  let raw: Socket | undefined;
  try {
    const { connectMs, idleMs } = parts.settings;
    const { addresses } = admission;
    raw = await connectChecked({ addresses, port: road.target.port, connectMs, clock: parts.clock, signal: ended });
    const connection = road.isSecure ? await secure(state, raw, road.target.host) : raw;
    const head = toRequestHead(request.rawHeaders, {
      host: formatAuthority(road.target, road.isSecure ? 443 : 80),
      isChunked: request.headers["transfer-encoding"] !== undefined,
      added: road.added,
    });
    const { path } = road;
    const outcome = await carryRequest({
      request,
      response,
      connection,
      path,
      head,
      meter: state.meter,
      idleMs,
      signal: ended,
    });
    admission.closed(outcome, bytesOf(raw));
  } catch {
    admission.closed(ended.aborted ? "cut" : "failed", bytesOf(raw));
    raw?.destroy();
    sendRefusal(response, { status: 502, sentence: "The host could not be connected to." });
  }
}

const bytesOf = (socket: Socket | undefined) => ({ sent: socket?.bytesWritten ?? 0, received: socket?.bytesRead ?? 0 });

function chooseRoad({ parts, gate }: EgressDoorState, asked: { target: EgressTarget; path: string }): Road | undefined {
  const gateway = findGateway(parts, asked.target);
  if (gateway === "unknown") return undefined;
  if (gateway !== undefined) {
    const { url, header } = gateway;
    const isSecure = url.protocol === "https:";
    const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
    const host = url.hostname.replace(/^\[|\]$/g, "");
    return {
      target: { host, port },
      path: toGatewayPath(gateway, asked.path),
      isSecure,
      added: header,
      isGateway: true,
    };
  }
  const { host, port } = asked.target;
  const credential = parts.credentials.find((entry) => coversHost(entry.host, host, port));
  const added = credential !== undefined && gate.decide(asked.target).named ? credential.header : undefined;
  return { ...asked, isSecure: false, added, isGateway: false };
}

async function secure({ parts }: EgressDoorState, socket: Socket, host: string): Promise<Socket> {
  const secured = connectTls({
    socket,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ["http/1.1"],
    ...(parts.trust === undefined ? {} : { ca: [...parts.trust] }),
  });
  const done = Promise.withResolvers<void>();
  secured.once("secureConnect", done.resolve);
  secured.on("error", done.reject);
  await settleWithin(
    done.promise,
    parts.settings.connectMs,
    parts.clock,
    "the host did not finish its handshake in time",
  );
  return secured;
}
