import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/ports/clock.ts";
import { writePatiently } from "./write-patiently.ts";

/** Server-sent events, written on Node's own response. */
export interface EventStream {
  /** Resolves when the client may be sent more; at once where the client has left. */
  write(text: string): Promise<void>;
  end(): void;
}

/** So often something is sent that keeps proxies from closing a stream while the model thinks: a comment, unless a dialect has more. */
const heartbeatMs = 15_000;

/** Sends the headers and opens the stream. A client that takes nothing for `stallMs` is cut off. */
export function openEventStream(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  stallMs: number,
  clock: Clock,
  heartbeat = ": waiting\n\n",
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
      if (!response.writableNeedDrain) response.write(heartbeat);
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
