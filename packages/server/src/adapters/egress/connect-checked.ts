import { connect, type Socket } from "node:net";
import type { Clock } from "../../core/ports/clock.ts";

export interface ConnectOptions {
  /** As they were checked, and no others: no name is looked up here. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** For all of them together. */
  readonly connectMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const mostTried = 4;

/** Connects to the first address that answers. Rejects where none does in time, or the signal comes. */
export async function connectChecked({ addresses, port, connectMs, clock, signal }: ConnectOptions): Promise<Socket> {
  const tried = addresses.slice(0, mostTried);
  let failure: unknown = new Error("there is no address to connect to");
  for (const host of tried) {
    signal.throwIfAborted();
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    try {
      await isConnected(socket, connectMs / tried.length, clock, signal);
      return socket;
    } catch (error) {
      socket.destroy();
      failure = error;
    }
  }
  throw failure;
}

async function isConnected(socket: Socket, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const result = Promise.withResolvers<void>();
  const onAbort = (): void => result.reject(signal.reason);
  const cancel = clock.after(ms, () => result.reject(new Error("the host did not answer in time")));
  socket.once("connect", result.resolve);
  // Stays: a later error ends the socket, and is told by its end.
  socket.on("error", result.reject);
  signal.addEventListener("abort", onAbort);
  try {
    await result.promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}
