import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/ports/clock.ts";

/** Server-sent events, written on Node's own response. */
export interface EventStream {
  /** Resolves when the client may be sent more; at once where the client has left. */
  write(text: string): Promise<void>;
  end(): void;
}

/** Comments keep proxies from closing a stream while the model thinks. */
const heartbeatMs = 15_000;

/** Sends the headers and opens the stream. A client that takes nothing for `stallMs` is cut off. */
export function openEventStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  stallMs: number,
  clock: Clock,
): EventStream {
  response.writeHead(200, {
    ...headers,
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",
  });
  let cancel = (): void => {};
  const beat = (): void => {
    cancel = clock.after(heartbeatMs, () => {
      if (response.writableEnded || response.destroyed) return;
      if (!response.writableNeedDrain) response.write(": waiting\n\n");
      beat();
    });
  };
  beat();
  response.once("close", () => cancel());

  return {
    async write(text) {
      if (text === "" || response.destroyed || response.write(text)) return;
      await new Promise<void>((resolve) => {
        // It would hold its process, and the memory of what waits for it, for ever.
        const giveUp = clock.after(stallMs, () => response.destroy());
        const go = (): void => {
          giveUp();
          response.off("drain", go);
          response.off("close", go);
          resolve();
        };
        response.once("drain", go);
        response.once("close", go);
      });
    },
    end() {
      cancel();
      response.end();
    },
  };
}
