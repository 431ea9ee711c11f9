import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ChatBody, ChatTarget } from "./chat.ts";

/** A connection that says what it is told, byte for byte. */
export interface RawClient {
  readonly socket: Socket;
  /** What has come so far. */
  received(): string;
  /** Resolves when what has come holds the text; rejects when the connection ends before. */
  until(text: string): Promise<void>;
  /** Resolves with all that came when the connection is closed, however that happens. */
  readonly closed: Promise<string>;
}

/** Connects to a server. Not a byte is read before `resume` with `paused`. */
export async function connectRaw(url: string, options: { readonly paused?: boolean } = {}): Promise<RawClient> {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  // How it ends is told by `closed`.
  socket.on("error", () => {});
  let received = "";
  let look = (): void => {};
  socket.setEncoding("utf8");
  if (options.paused !== true) socket.on("data", (text: string) => take(text));
  // `once` would reject at a reset.
  const closed = new Promise<string>((resolve) => {
    socket.once("close", () => {
      look();
      resolve(received);
    });
  });
  await once(socket, "connect");

  function take(text: string): void {
    received += text;
    look();
  }

  return {
    socket,
    received: () => received,
    closed,
    async until(text) {
      while (!received.includes(text)) {
        if (socket.destroyed) throw new Error(`The connection ended before ${JSON.stringify(text)}: ${received}`);
        await new Promise<void>((resolve) => {
          look = resolve;
        });
      }
    },
  };
}

/** A chat completion request as text. */
export function toRawRequest({ key }: ChatTarget, body: ChatBody, headers: readonly string[] = []): string {
  const json = JSON.stringify(body);
  return [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gantry",
    `authorization: Bearer ${key}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(json)}`,
    ...headers,
    "",
    json,
  ].join("\r\n");
}
