import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Refusal } from "./egress-gate.ts";

const names: Readonly<Record<Refusal["status"], string>> = {
  403: "Forbidden",
  429: "Too Many Requests",
  502: "Bad Gateway",
};

/** Answers a request that does not go out. The sentence is for whoever reads the program's output. */
export function sendRefusal(response: ServerResponse, { status, sentence }: Refusal): void {
  const body = toBody(sentence);
  response.writeHead(status, { ...head, "content-length": Buffer.byteLength(body), connection: "close" });
  response.end(body);
}

/** The same for a tunnel, whose socket is no response any more. */
export function sendTunnelRefusal(client: Socket, { status, sentence }: Refusal): void {
  const body = toBody(sentence);
  const fields = Object.entries({ ...head, "content-length": Buffer.byteLength(body), connection: "close" });
  const lines = [`HTTP/1.1 ${status} ${names[status]}`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  client.end(`${lines.join("\r\n")}\r\n\r\n${body}`, () => client.destroySoon());
}

const head = { "content-type": "text/plain; charset=utf-8", "x-gantry-egress": "refused" };
const toBody = (sentence: string): string => `Gantry: ${sentence}\n`;
