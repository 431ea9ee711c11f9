import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** An address that is known before what answers there: a server's settings name it, and a program that comes later listens behind it. */
export interface Relay {
  /** `HOST:PORT`. */
  readonly host: string;
  /** Where connections go from now on. */
  leadTo(port: number): void;
  stop(): void;
}

export async function openRelay(): Promise<Relay> {
  const sockets = new Set<Socket>();
  let target = 0;
  const server = createServer((incoming) => {
    const outgoing = connect(target, "127.0.0.1");
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on("error", () => [incoming, outgoing].forEach((one) => one.destroy()));
      socket.on("close", () => sockets.delete(socket));
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    leadTo(next) {
      target = next;
    },
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
