import type { WebSocket } from "ws";
import type { Clock } from "../../../core/ports/clock.ts";

const beatMs = 25_000;

/** A client that leaves a ping unanswered until the next one is due is gone. The returned function stops it. */
export function keepBeating({ clock }: { readonly clock: Clock }, client: WebSocket): () => void {
  let isThere = true;
  let cancel: () => void = () => {};
  client.on("pong", () => {
    isThere = true;
  });
  const beat = (): void => {
    cancel = clock.after(beatMs, () => {
      if (!isThere) return client.terminate();
      isThere = false;
      if (client.readyState === client.OPEN) client.ping();
      beat();
    });
  };
  beat();
  return () => cancel();
}
