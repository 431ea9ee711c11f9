import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route takes a form, and reads it by itself. */
    readonly readsForm?: boolean;
  }
}

/** The connections on which something large comes in: they may take longer than a request otherwise may. */
export interface UploadSockets {
  /** Resolves and rejects as the work does. */
  during<Result>(request: IncomingMessage, work: () => Promise<Result>): Promise<Result>;
  has(socket: Socket): boolean;
}

/** What a failed upload may still send before its connection is cut. */
const dropMs = 30_000;

export function createUploadSockets(after: (ms: number, call: () => void) => () => void): UploadSockets {
  const sockets = new WeakSet<Socket>();
  return {
    async during(request, work) {
      sockets.add(request.socket);
      try {
        return await work();
      } catch (error) {
        after(dropMs, () => {
          if (!request.complete) request.destroy();
        });
        throw error;
      } finally {
        sockets.delete(request.socket);
      }
    },
    has: (socket) => sockets.has(socket),
  };
}
