import { once } from "node:events";
import { WebSocket } from "ws";

export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** A client of the streaming socket. */
export interface StreamClient {
  readonly socket: WebSocket;
  send(frame: object | string | Uint8Array): void;
  /** All frames up to the one that is waited for, which none has been given out before. */
  until(isLast: (frame: Frame) => boolean): Promise<readonly Frame[]>;
  /** The code with which it was closed. */
  readonly closed: Promise<number>;
}

const longestWaitMs = 120_000;

/** Opens it with these headers. Rejects where the upgrade is refused. */
export async function openStream(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  path = "/v1/stream",
): Promise<StreamClient> {
  const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers });
  const frames: Frame[] = [];
  let told: () => void = () => {};
  socket.on("message", (data: Buffer) => {
    frames.push(JSON.parse(data.toString()) as Frame);
    told();
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await once(socket, "open");
  return {
    socket,
    closed,
    send: (frame) =>
      socket.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame)),
    async until(isLast) {
      const giveUp = AbortSignal.timeout(longestWaitMs);
      for (;;) {
        const at = frames.findIndex(isLast);
        if (at !== -1) return frames.splice(0, at + 1);
        await new Promise<void>((resolve, reject) => {
          const fail = () => reject(new Error(`the frame did not come: ${JSON.stringify(frames)}`));
          told = resolve;
          giveUp.addEventListener("abort", fail, { once: true });
          void closed.then(fail);
        });
      }
    },
  };
}

export const isType =
  (...types: readonly string[]) =>
  ({ type }: Frame): boolean =>
    types.includes(type);
