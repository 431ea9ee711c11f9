import type { EventSourceMessage } from "eventsource-parser";
import type { CallOptions, HttpRequest, Transport } from "./create-transport.ts";
import { GantryError } from "./gantry-error.ts";
import { readEvents } from "./read-events.ts";
import { mostFailures, pause, toBackOff } from "./retry.ts";

export interface FollowOptions extends CallOptions {
  /** Place in the log after which to begin. */
  readonly after?: number | undefined;
  /** Told each time a lost connection is about to be made anew. */
  readonly onReconnect?:
    | ((news: { readonly after: number; readonly error: GantryError | undefined }) => void)
    | undefined;
}

/** What a message of the stream is: an event for the reader, nothing, or the sign that there will be no other connection. */
export interface ReadEvent<Event> {
  readonly event?: Event | undefined;
  readonly isLast?: boolean;
}

/**
 * A stream that goes on over lost connections: each is made anew from the place of the last event that came. An event that comes twice
 * is given once. Ends where a connection has ended after `read` said that it is over, or the caller leaves. What `read` throws is the end of its connection.
 */
export async function* followEvents<Event>(
  transport: Transport,
  request: HttpRequest,
  options: FollowOptions,
  read: (message: EventSourceMessage) => ReadEvent<Event>,
): AsyncGenerator<Event, void> {
  let after = options.after ?? 0;
  let isOver = false;
  let failures = 0;
  // Connections that brought nothing new, one after another: who comes back for nothing comes back more slowly.
  let empty = 0;
  for (;;) {
    let lost: GantryError | undefined;
    try {
      const headers = { ...request.headers, "last-event-id": String(after) };
      const answer = await transport.open({ ...request, headers }, options);
      for await (const event of readEvents(answer, transport.idleTimeoutMs)) {
        failures = 0;
        const place = event.id === undefined || !/^\d{1,15}$/.test(event.id) ? undefined : Number(event.id);
        // A notice carries the place where the reader stands.
        if (place !== undefined && place <= after && !isNotice(event)) continue;
        if (place !== undefined && place > after) after = place;
        if (!isNotice(event)) empty = 0;
        const { event: told, isLast = false } = read(event);
        isOver ||= isLast;
        if (told !== undefined) yield told;
      }
      if (isOver) return;
    } catch (thrown) {
      // What the caller's own loop throws does not come by here: a generator is left by `return`.
      if (!(thrown instanceof GantryError) || !thrown.retryable) throw thrown;
      lost = thrown;
    }
    if (lost !== undefined && failures >= mostFailures) throw lost;
    failures += 1;
    options.onReconnect?.({ after, error: lost });
    await pause(lost?.retryAfterMs ?? toBackOff(empty), options.signal);
    empty += 1;
  }
}

/** What tells of the stream itself and not of what it is about. */
function isNotice({ event }: EventSourceMessage): boolean {
  return event === "ok" || event === "gap" || event === "ping";
}
