import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { ModelDoors } from "../../packages/server/src/core/ports/model-door.ts";

/** Ways to the upstream that pass bytes on and do nothing else, so that programs without a network reach it. */
export function createPlainDoors(folder: string, upstreamUrl: string): ModelDoors {
  const { hostname, port } = new URL(upstreamUrl);
  const closing = new Set<() => Promise<void>>();
  return {
    async open() {
      const directory = await mkdtemp(join(folder, "door-"));
      const sockets = new Set<Socket>();
      const server = createServer((inner) => {
        const outer = connect({ host: hostname, port: Number(port) });
        for (const [socket, other] of [[inner, outer] as const, [outer, inner] as const]) {
          sockets.add(socket);
          socket.on("error", () => other.destroy()).on("close", () => sockets.delete(socket));
          socket.pipe(other);
        }
      });
      server.listen(join(directory, "s"));
      await once(server, "listening");
      const close = async (): Promise<void> => {
        closing.delete(close);
        for (const socket of sockets) socket.destroy();
        server.close();
        await rm(directory, { recursive: true, force: true });
      };
      closing.add(close);
      return { directory, socket: "s", token: "bench", attach: () => () => {}, close };
    },
    async stop() {
      await Promise.all([...closing].map((close) => close()));
    },
  };
}
