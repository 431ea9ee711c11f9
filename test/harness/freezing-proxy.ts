import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A way to a database that can stand still, as a network does that swallows what is sent. */
export interface FreezingProxy {
  /** The database's own URL, by way of this proxy. */
  readonly url: string;
  /** From now on nothing passes in either direction; connections are taken, and left without an answer. */
  freeze(): void;
  /** All that was held back goes on. */
  thaw(): void;
  stop(): Promise<void>;
}

/** `databaseUrl` must name a server of this machine, by the folder of its socket. */
export async function startFreezingProxy(databaseUrl: string): Promise<FreezingProxy> {
  const database = new URL(databaseUrl);
  const path = `${decodeURIComponent(database.hostname)}/.s.PGSQL.5432`;
  const sockets = new Set<Socket>();
  let frozen = false;

  const server = createServer((client) => {
    const backend = connect(path);
    for (const [from, to] of [
      [client, backend],
      [backend, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      if (frozen) from.pause();
      from.on("error", () => to.destroy()).on("close", () => sockets.delete(from));
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // A TCP server's address is never a string.
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgresql://${database.username}@127.0.0.1:${port}${database.pathname}`,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    async stop() {
      const closed = once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
