import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/ports/clock.ts";
import { writePatiently } from "./write-patiently.ts";

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
    write: async (text) => writePatiently(response, text, stallMs, clock),
    end() {
      cancel();
      response.end();
    },
  };
}
