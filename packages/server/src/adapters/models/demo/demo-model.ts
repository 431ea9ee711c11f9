import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Log } from "../../../core/ports/log.ts";
import { sendApiError } from "./api-error.ts";
import { createMessagesApi } from "./messages-api.ts";
import type { MessagesApiOptions, RequestHandler } from "./messages-api.ts";

export interface DemoModelOptions extends MessagesApiOptions {
  readonly clock: Clock;
  readonly log?: Log;
}

/** Where the demo model listens. `url` has no slash at its end. */
export interface DemoModelAddress {
  readonly port: number;
  readonly url: string;
}

/** A scripted Messages API for use without an account. */
export interface DemoModel {
  /** Starts to listen; port 0 takes a free one. A second call gives the first one's address. Rejects as `node:net` does. */
  listen(where: { host: string; port: number }): Promise<DemoModelAddress>;
  /** Stops listening and cuts whatever is still open. May be called twice; `listen` works again afterwards. */
  stop(): Promise<void>;
}

/** Longer than any client keeps an idle connection, so that none is closed at the moment it is used again. */
const keepAliveMs = 600_000;

/**
 * Creates the demo model: `POST /v1/messages` (streamed or not), `POST /v1/messages/count_tokens`, `GET /v1/models` and `/`.
 * What it answers, the prompt says, see `directives.ts`. It holds no state between requests but its prompt cache.
 */
export function createDemoModel(options: DemoModelOptions): DemoModel {
  const handle = createMessagesApi(options);
  let running: { server: Server; address: Promise<DemoModelAddress> } | undefined;
  let stopped: Promise<void> = Promise.resolve();

  return {
    listen({ host, port }) {
      if (running) return running.address;
      const server = createHttpServer(handle, options.log);
      const started = { server, address: startListening(server, host, port) };
      running = started;
      started.address.catch(() => {
        if (running === started) running = undefined;
      });
      return started.address;
    },
    stop() {
      if (running) stopped = closeServer(running.server, running.address);
      running = undefined;
      return stopped;
    },
  };
}

function createHttpServer(handle: RequestHandler, log: Log | undefined): Server {
  return createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      log?.error({ err: error, method: request.method }, "The demo model failed on a request.");
      if (response.headersSent) response.destroy();
      else sendApiError(response, 500, "The demo model failed on this request.");
    });
  });
}

async function startListening(server: Server, host: string, port: number): Promise<DemoModelAddress> {
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The demo model listens on no port.");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { port: address.port, url: `http://${name}:${address.port}` };
}

async function closeServer(server: Server, address: Promise<DemoModelAddress>): Promise<void> {
  // One that is still starting cannot be closed, one that failed to start is closed already.
  const started = await address.then(
    () => true,
    () => false,
  );
  if (!started) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
