import { FailureError, toFailure } from "@gantry/contracts/errors";
import type { IncomingMessage } from "node:http";
import { once } from "node:events";
import type { WebSocket } from "ws";
import type { Principal } from "../../../core/access/principal.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { authenticate, findKeyHeaders } from "../authenticate.ts";

/** How long a client may take to say who it is, and for a goodbye. */
export const openingMs = 10_000;

/** Whether the request for the upgrade says who sends it; browsers can send no header. */
export function findSender(
  { rawHeaders }: IncomingMessage,
  identify: (key: string) => Promise<Principal | undefined>,
): (() => Promise<Principal>) | undefined {
  const headers = findKeyHeaders(rawHeaders);
  const isNamed = headers["authorization"] !== undefined || headers["x-api-key"] !== undefined;
  return isNamed ? () => authenticate(headers, identify) : undefined;
}

/**
 * The first frame, of a client that is to say in it who it is; afterwards the client is not read until it is resumed. Rejects with a
 * `FailureError` of code `unauthorized` where it does not come in time.
 */
export async function awaitFirstFrame(
  client: WebSocket,
  clock: Clock,
): Promise<{ readonly data: Buffer; readonly isBinary: boolean }> {
  const late = new AbortController();
  const cancel = clock.after(openingMs, () => late.abort());
  try {
    const [data, isBinary] = (await once(client, "message", { signal: late.signal })) as [Buffer, boolean];
    // Nothing else is read before it is known who sends it.
    client.pause();
    return { data, isBinary };
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new FailureError(toFailure("unauthorized", "The first frame, with the key, did not come in time."));
  } finally {
    cancel();
  }
}
