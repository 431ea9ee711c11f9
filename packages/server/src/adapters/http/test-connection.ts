import { once } from "node:events";
import { connect } from "node:net";

/** For tests: one bare connection to a server on loopback. */
export async function openConnection(port: number) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let text = "";
  let wake = (): void => {};
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", () => wake());

  return {
    socket,
    send: (lines: readonly string[], body = "") => socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`),
    /** Resolves with all that came when `isThere` holds of it, or when the connection is closed. */
    async until(isThere: (text: string) => boolean): Promise<string> {
      while (!isThere(text) && !socket.closed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return text;
    },
  };
}

/** A request for a chat completion, as lines and body. */
export function toChatRequest(body: object, headers: readonly string[] = []): readonly [readonly string[], string] {
  const text = JSON.stringify(body);
  const lines = [
    "POST /v1/chat/completions HTTP/1.1",
    "host: gantry",
    "authorization: Bearer good",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(text)}`,
    ...headers,
  ];
  return [lines, text];
}
