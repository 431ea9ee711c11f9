import { request as openRequest, type IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { parseAuthority } from "../../core/egress/egress-target.ts";
import type { CheckedConnector } from "../../core/ports/checked-connector.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { WebhookAttempt, WebhookOutcome, WebhookSender } from "../../core/ports/webhook-sender.ts";

export interface WebhookSenderParts {
  readonly connector: CheckedConnector;
  /** Of one attempt as a whole. */
  readonly timeoutMs: number;
  /** Certificates to trust, in PEM form; those that Node comes with where it is missing. */
  readonly trust?: readonly string[];
  readonly clock: Clock;
}

/** What is read of an answer's body: only its status counts, and an endpoint that goes on talking is left. */
const mostOfBody = 64 * 1024;

/** Sends by a connection of its own each time, to an address that was checked; follows nothing. */
export function createWebhookSender(parts: WebhookSenderParts): WebhookSender {
  return {
    async send(attempt) {
      const late = new AbortController();
      const cancel = parts.clock.after(parts.timeoutMs, () => late.abort(new Error("There was no answer in time.")));
      const signal = AbortSignal.any([attempt.signal, late.signal]);
      try {
        return await Promise.race([post(parts, attempt, signal), rejectAt(signal)]);
      } catch (error) {
        const cause = signal.aborted ? signal.reason : error;
        return { error: cause instanceof Error ? toShown(cause) : "It could not be sent." };
      } finally {
        cancel();
        // Whatever is still open of this attempt.
        late.abort(new Error("The attempt is over."));
      }
    },
  };
}

/** Own sentences as they are; of the system's own errors the code alone, which holds no address. */
function toShown(error: Error): string {
  if (!("code" in error)) return error.message.slice(0, 200);
  return `The connection failed (${String(error.code).slice(0, 60)}).`;
}

function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

async function post(parts: WebhookSenderParts, attempt: WebhookAttempt, signal: AbortSignal): Promise<WebhookOutcome> {
  const { protocol, host, pathname, search } = new URL(attempt.url);
  const isSecure = protocol === "https:";
  const target = parseAuthority(host, isSecure ? 443 : 80);
  if (target === undefined) throw new Error("The address has no host that can be judged.");
  const socket = await parts.connector.connect(target, signal);
  signal.addEventListener("abort", () => socket.destroy());
  try {
    signal.throwIfAborted();
    const connection = isSecure ? await secure(parts, socket, target.host) : socket;
    const answer = await ask(connection, { ...attempt, host, path: pathname + search });
    await readSome(answer);
    return { status: answer.statusCode ?? 0 };
  } finally {
    socket.destroy();
  }
}

async function secure({ trust }: WebhookSenderParts, socket: Socket, host: string): Promise<Socket> {
  const secured = connectTls({
    socket,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ALPNProtocols: ["http/1.1"],
    ...(trust === undefined ? {} : { ca: [...trust] }),
  });
  const done = Promise.withResolvers<Socket>();
  secured.once("secureConnect", () => done.resolve(secured));
  secured.on("error", done.reject);
  secured.once("close", () => done.reject(new Error("The endpoint broke off.")));
  return await done.promise;
}

interface Ask extends WebhookAttempt {
  readonly host: string;
  readonly path: string;
}

async function ask(connection: Socket, { host, path, headers, body }: Ask): Promise<IncomingMessage> {
  const answered = Promise.withResolvers<IncomingMessage>();
  const request = openRequest({
    createConnection: () => connection,
    method: "POST",
    path,
    headers: { ...headers, host, "content-length": Buffer.byteLength(body), connection: "close" },
    maxHeaderSize: 16 * 1024,
  });
  request.once("response", answered.resolve);
  request.on("error", answered.reject);
  request.once("close", () => answered.reject(new Error("The endpoint broke off.")));
  request.end(body);
  return await answered.promise;
}

/** A status with half a body behind it is one all the same. */
async function readSome(answer: IncomingMessage): Promise<void> {
  let read = 0;
  try {
    for await (const chunk of answer) {
      read += Buffer.byteLength(chunk);
      if (read > mostOfBody) break;
    }
  } catch {
    answer.destroy();
  }
}
