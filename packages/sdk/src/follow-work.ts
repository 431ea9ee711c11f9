import type { EventSourceMessage } from "eventsource-parser";
import type { HttpRequest, Transport } from "./create-transport.ts";
import { createApprover, type OnApproval } from "./create-approver.ts";
import type { Interactions } from "./create-interactions.ts";
import { followEvents, type FollowOptions, type ReadEvent } from "./follow-events.ts";
import type { StreamHelper } from "./stream-helper.ts";

export interface WatchOptions extends FollowOptions {
  /** Answers what the agent asks. The key needs the scope `approve`. */
  readonly onApproval?: OnApproval | undefined;
}

export interface WorkParts {
  readonly transport: Transport;
  readonly interactions: Interactions;
}

/** A stream of an agent's work over lost connections, while what the agent asks is answered beside it. */
export async function* followWork<Event>(
  { transport, interactions }: WorkParts,
  request: HttpRequest,
  options: WatchOptions,
  read: (message: EventSourceMessage) => ReadEvent<Event>,
  /** The session in which a person is waited for, where an event says that. */
  findWaiting: (event: Event) => string | undefined,
  /** Begins what else is done beside it; what it gives is told of each event. */
  begin?: (helper: StreamHelper) => (event: Event) => void,
): AsyncGenerator<Event, void> {
  const { signal, onApproval } = options;
  const leaving = new AbortController();
  const leave = (): void => leaving.abort(signal?.reason);
  signal?.addEventListener("abort", leave, { once: true });
  if (signal?.aborted === true) leave();
  let failure: { readonly error: unknown } | undefined;
  const onFailure = (error: unknown): void => {
    failure ??= { error };
    leaving.abort();
  };
  const helper = { signal: leaving.signal, onFailure };
  const approver = onApproval && createApprover(interactions, onApproval, helper);
  try {
    const tell = begin?.(helper);
    for await (const event of followEvents(transport, request, { ...options, signal: leaving.signal }, read)) {
      const sessionId = findWaiting(event);
      if (sessionId !== undefined) approver?.look(sessionId);
      tell?.(event);
      yield event;
    }
  } catch (error) {
    // The stream was closed because of it.
    throw failure === undefined ? error : failure.error;
  } finally {
    signal?.removeEventListener("abort", leave);
    leaving.abort();
  }
}
