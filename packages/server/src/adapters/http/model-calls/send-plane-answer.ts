import type { ServerResponse } from "node:http";
import type { PlaneAnswer } from "../../../core/model-plane/model-plane.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { writePatiently } from "../write-patiently.ts";

/** Sends an answer whole, or as it comes. `headers` go with those of the answer itself, and before them. */
export async function sendPlaneAnswer(
  { status, headers: own, body }: PlaneAnswer,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  { stallMs, clock }: { readonly stallMs: number; readonly clock: Clock },
): Promise<void> {
  if (typeof body === "string" || body instanceof Uint8Array) {
    response.writeHead(status, { ...own, ...headers, "content-length": String(Buffer.byteLength(body)) });
    response.end(body);
    return;
  }
  response.writeHead(status, { ...own, ...headers });
  try {
    for await (const piece of body) {
      const waiting = writePatiently(response, piece, stallMs, clock);
      if (waiting !== undefined) await waiting;
      if (response.destroyed) break;
    }
  } finally {
    response.end();
  }
}
