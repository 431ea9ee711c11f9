import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { formatAuthority, type EgressTarget } from "../../core/egress/egress-target.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { settleWithin } from "./settle-within.ts";

export interface ThroughProxyOptions {
  /** `http://user:password@host:port`, as the owner of the server has set it; it may lie in a private network. */
  readonly proxy: string;
  readonly target: EgressTarget;
  readonly connectMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const longestHead = 16 * 1024;

/** Opens a tunnel through the proxy that stands between this machine and the world: it looks the name up. */
export async function connectThroughProxy(options: ThroughProxyOptions): Promise<Socket> {
  const { proxy, target, connectMs, clock, signal } = options;
  const url = new URL(proxy);
  const isSecure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  const socket = isSecure ? connectTls({ host, port, servername: host }) : connect({ host, port, allowHalfOpen: true });
  const onAbort = (): void => void socket.destroy(new Error("the client left"));
  signal.addEventListener("abort", onAbort);
  try {
    await settleWithin(shakeHands(socket, url, target), connectMs, clock, "the proxy did not answer in time");
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function shakeHands(socket: Socket, { username, password }: URL, target: EgressTarget): Promise<void> {
  const failed = Promise.withResolvers<never>();
  // Stays: a later error ends the socket, and is told by its end.
  socket.on("error", failed.reject);
  socket.once("close", () => failed.reject(new Error("the proxy broke off")));
  const authority = formatAuthority(target);
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(username === "" ? [] : [`Proxy-Authorization: Basic ${Buffer.from(login).toString("base64")}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const head = await Promise.race([readHead(socket), failed.promise]);
  if (!/^HTTP\/1\.[01] 2\d\d/.test(head)) throw new Error("the proxy opened no tunnel");
}

/** Leaves what comes behind the head in the socket. */
async function readHead(socket: Socket): Promise<string> {
  let read = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) {
      await new Promise((resolve) => socket.once("readable", resolve));
      continue;
    }
    read = Buffer.concat([read, chunk]);
    const end = read.indexOf("\r\n\r\n");
    if (end !== -1) {
      socket.unshift(read.subarray(end + 4));
      return read.subarray(0, end).toString("latin1");
    }
    if (read.length > longestHead) throw new Error("the proxy's answer has no end");
  }
}
