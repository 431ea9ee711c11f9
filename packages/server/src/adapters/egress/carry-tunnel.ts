import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LimitError, type ByteMeter } from "./byte-meter.ts";

export interface TunnelOptions {
  readonly client: Socket;
  /** What comes from the client, from its first byte behind the request on. */
  readonly upload: Readable;
  readonly host: Socket;
  readonly meter: ByteMeter;
  readonly idleMs: number;
  /** Comes where the door is closed. */
  readonly signal: AbortSignal;
  /** Comes where the client is gone. */
  readonly left: AbortSignal;
}

/** Carries bytes both ways until both sides are done, unread. Either side may be done before the other. Never rejects. */
export async function carryTunnel(options: TunnelOptions): Promise<"done" | "failed" | "cut"> {
  const { client, upload, host, meter, idleMs, signal, left } = options;
  const idle = new AbortController();
  for (const socket of [client, host]) socket.setTimeout(idleMs, () => idle.abort());
  const ended = { signal: AbortSignal.any([signal, idle.signal, left]) };
  try {
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    await Promise.all([pipeline(upload, host, ended), pipeline(host, meter.through(), client, ended)]);
    return "done";
  } catch (error) {
    return signal.aborted || idle.signal.aborted || error instanceof LimitError ? "cut" : "failed";
  } finally {
    client.destroy();
    host.destroy();
  }
}
