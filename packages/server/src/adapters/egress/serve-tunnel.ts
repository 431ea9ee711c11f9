import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { parseAuthority } from "../../core/egress/egress-target.ts";
import { carryTunnel } from "./carry-tunnel.ts";
import { connectChecked } from "./connect-checked.ts";
import { connectThroughProxy } from "./connect-through-proxy.ts";
import type { EgressDoorState } from "./egress-door-state.ts";
import { findGateway } from "./find-gateway.ts";
import { sendTunnelRefusal } from "./send-refusal.ts";

/**
 * Serves `CONNECT host:port`: a way for bytes that are not looked at. What is in them is between the program and its host, the name in a TLS
 * handshake too.
 */
export async function serveTunnel(
  { parts, gate, meter, outerProxy, signal }: EgressDoorState,
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
): Promise<void> {
  const left = new AbortController();
  client.once("close", () => left.abort(new Error("the client left")));
  // Taken over at once: an end that came while nobody read would be lost.
  client.unshift(head);
  const upload = client.pipe(meter.through());
  upload.on("error", () => client.destroy());
  const target = parseAuthority(request.url ?? "");
  if (target === undefined) return sendTunnelRefusal(client, gate.refuseUnreadable("CONNECT", request.url ?? ""));
  const passage = { method: "CONNECT", target, withCredential: false };
  if (findGateway(parts, target) !== undefined) {
    const sentence = `A gateway is spoken to in plain HTTP: ask for http://${target.host}/.`;
    return sendTunnelRefusal(client, gate.refuse(passage, "gateways", sentence));
  }
  const admission = await gate.admit(passage);
  if ("sentence" in admission) return sendTunnelRefusal(client, admission);
  const { settings, clock } = parts;
  const ended = AbortSignal.any([signal, left.signal]);
  const how = { connectMs: settings.connectMs, clock, signal: ended };
  let host: Socket;
  try {
    host =
      outerProxy === undefined
        ? await connectChecked({ ...how, addresses: admission.addresses, port: target.port })
        : await connectThroughProxy({ ...how, proxy: outerProxy, target });
  } catch {
    admission.closed(ended.aborted ? "cut" : "failed", { sent: 0, received: 0 });
    return sendTunnelRefusal(client, { status: 502, sentence: "The host could not be connected to." });
  }
  const outcome = await carryTunnel({
    client,
    upload,
    host,
    meter,
    idleMs: settings.idleMs,
    signal,
    left: left.signal,
  });
  admission.closed(outcome, { sent: host.bytesWritten, received: host.bytesRead });
}
