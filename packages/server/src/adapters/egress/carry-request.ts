import { request as openRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { LimitError, type ByteMeter } from "./byte-meter.ts";
import { toForwarded } from "./forwarded-headers.ts";
import { sendRefusal } from "./send-refusal.ts";

export interface RequestOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Connected, through TLS where the host wants it; of this request alone. */
  readonly connection: Socket;
  readonly path: string;
  /** As Node takes it raw. */
  readonly head: string[];
  readonly meter: ByteMeter;
  readonly idleMs: number;
  readonly signal: AbortSignal;
}

/** Sends one request on and its answer back, as they come; follows nothing. Never rejects. */
export async function carryRequest(options: RequestOptions): Promise<"done" | "failed" | "cut"> {
  const { request, response, connection, path, head, meter, idleMs, signal } = options;
  const idle = new AbortController();
  connection.setTimeout(idleMs, () => idle.abort());
  const ended = AbortSignal.any([signal, idle.signal]);
  const outgoing = openRequest({
    createConnection: () => connection,
    method: request.method ?? "GET",
    path,
    headers: head,
    maxHeaderSize: 64 * 1024,
    signal: ended,
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once("response", answered.resolve);
  outgoing.on("error", answered.reject);
  // One that is ended without an error, such as by a change of protocol that nobody asked for.
  outgoing.once("close", () => answered.reject(new Error("the host gave no answer")));
  response.once("close", () => outgoing.destroy());
  const upload = request.pipe(meter.through());
  upload.on("error", (error) => outgoing.destroy(error));
  upload.pipe(outgoing);
  try {
    const answer = await answered.promise;
    if (!request.complete) response.shouldKeepAlive = false;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, toForwarded(answer.rawHeaders));
    await pipeline(answer, meter.through(), response);
    return "done";
  } catch (error) {
    const isCut = ended.aborted || error instanceof LimitError;
    if (response.headersSent) response.destroy();
    else
      sendRefusal(response, { status: 502, sentence: isCut ? "The connection was cut." : "The host did not answer." });
    return isCut ? "cut" : "failed";
  } finally {
    connection.destroy();
    // What is left of a body that nobody wants is not read to its end.
    if (!request.complete) request.socket.destroySoon();
  }
}
