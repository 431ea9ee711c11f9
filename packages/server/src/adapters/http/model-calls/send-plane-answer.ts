import type { ServerResponse } from "node:http";
import type { PlaneAnswer } from "../../../core/model-plane/model-plane.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { writePatiently } from "../write-patiently.ts";

/** Sends an answer as it comes. `headers` go with those of the answer itself, and before them. */
export async function sendPlaneAnswer(
  answer: PlaneAnswer,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  { stallMs, clock }: { readonly stallMs: number; readonly clock: Clock },
): Promise<void> {
  response.writeHead(answer.status, { ...answer.headers, ...headers });
  try {
    for await (const piece of answer.body) {
      await writePatiently(response, piece, stallMs, clock);
      if (response.destroyed) break;
    }
  } finally {
    response.end();
  }
}
