import type { WebSocket } from "ws";
import type { Clock } from "../../../core/ports/clock.ts";

export interface TellParts {
  /** How long a client may take nothing. */
  readonly stallMs: number;
  readonly clock: Clock;
}

/** What may lie between here and the client before more is sent. */
const mostBuffered = 256 * 1024;

/** Resolves when the client may be sent more. One that takes nothing for `stallMs` is cut. */
export async function tell({ stallMs, clock }: TellParts, client: WebSocket, value: unknown): Promise<void> {
  if (client.readyState !== client.OPEN) return;
  await new Promise<void>((resolve) => {
    const giveUp = clock.after(stallMs, () => client.terminate());
    const done = (): void => {
      giveUp();
      resolve();
    };
    client.send(JSON.stringify(value), done);
    if (client.bufferedAmount < mostBuffered) resolve();
  });
}
