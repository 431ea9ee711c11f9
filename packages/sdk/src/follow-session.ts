import type { PreviewType } from "@gantry/contracts/session-events";
import type { EventSourceMessage } from "eventsource-parser";
import type { ReadEvent } from "./follow-events.ts";
import { createToolRunner, type SessionTools } from "./create-tool-runner.ts";
import { followWork, type WatchOptions, type WorkParts } from "./follow-work.ts";
import { GantryError } from "./gantry-error.ts";
import { fieldOf, parseJson } from "./read-error.ts";
import { asksForAction, placeOf, type SessionStreamEvent } from "./session-stream-event.ts";
import type { StreamHelper } from "./stream-helper.ts";

export interface WatchSession extends WatchOptions, SessionTools {
  /** What is to be told while it is written; the event of the same id that follows takes its place. */
  readonly previews?: readonly PreviewType[] | undefined;
}

/** The events of a session over lost connections, while what the agent asks is answered beside them. */
export function followSession(
  parts: WorkParts,
  id: string,
  options: WatchSession,
): AsyncGenerator<SessionStreamEvent, void> {
  const query = (options.previews ?? []).map((type) => `event_deltas[]=${type}`).join("&");
  const path = `/v1/sessions/${encodeURIComponent(id)}/events/stream${query === "" ? "" : `?${query}`}`;
  const runsTools = options.tools !== undefined || options.onToolCall !== undefined;
  return followWork(
    parts,
    { method: "GET", path },
    options,
    readSessionEvent,
    (event) => (asksForAction(event) ? id : undefined),
    runsTools ? (helper) => beginTools(parts, id, options, helper) : undefined,
  );
}

/** What was open before the first event of the stream is run as well. */
function beginTools(parts: WorkParts, id: string, options: SessionTools, helper: StreamHelper) {
  const runner = createToolRunner({ transport: parts.transport, sessionId: id }, options, helper);
  runner.look();
  return (event: SessionStreamEvent): void => {
    if (asksForAction(event)) runner.look(placeOf(event));
  };
}

export function readSessionEvent({ event: name, data }: EventSourceMessage): ReadEvent<SessionStreamEvent> {
  const value = parseJson(data);
  if (typeof fieldOf(value, "type") !== "string") {
    throw new GantryError("unexpected_answer", "The stream brought something that is no event.");
  }
  if (name === "error") throw toStreamError(fieldOf(value, "error"));
  // Where the reader stands, and why the server ends the stream: all but a deletion is mended by coming back.
  if (name === "ok" || name === "ping") return { isLast: fieldOf(value, "reason") === "deleted" };
  const event = value as SessionStreamEvent;
  return { event, isLast: event.type === "session.deleted" };
}

function toStreamError(error: unknown): GantryError {
  const message = String(fieldOf(error, "message") ?? "The server ended the stream.");
  const isRefused = fieldOf(error, "type") === "authentication_error";
  return new GantryError(isRefused ? "unauthorized" : "store_unavailable", message);
}
