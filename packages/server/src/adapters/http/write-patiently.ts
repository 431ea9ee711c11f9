import type { ServerResponse } from "node:http";
import type { Clock } from "../../core/ports/clock.ts";

/**
 * Writes, and gives what to wait for until the client may be sent more; undefined where that is now, or
 * where it has left. A client that takes nothing for
 * `stallMs` is cut off: it would hold what makes its answer, and the memory of what waits for it, for ever.
 */
export function writePatiently(
  response: ServerResponse,
  piece: Uint8Array | string,
  stallMs: number,
  clock: Clock,
): Promise<void> | undefined {
  if (piece.length === 0 || response.destroyed || response.write(piece)) return undefined;
  return new Promise<void>((resolve) => {
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
}
