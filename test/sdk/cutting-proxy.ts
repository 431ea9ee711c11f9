import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a server whose connections can be cut, as a network does that is changed under a running program. */
export interface CuttingProxy {
  readonly url: string;
  /** How many connections were made so far. */
  connections(): number;
  /** Ends all that are open, without a goodbye. Later ones go through. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startCuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const backend = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, backend],
      [backend, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy()).on("close", () => sockets.delete(from));
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A TCP server's address is never a string.
  const address = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    connections: () => connections,
    cut,
    async stop() {
      const closed = once(server.close(), "close");
      cut();
      await closed;
    },
  };
}
