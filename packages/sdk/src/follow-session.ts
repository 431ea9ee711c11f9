import type { PreviewEvent, PreviewType, SessionEvent } from "@gantry/contracts/session-events";
import type { EventSourceMessage } from "eventsource-parser";
import type { ReadEvent } from "./follow-events.ts";
import { followWork, type WatchOptions, type WorkParts } from "./follow-work.ts";
import { GantryError } from "./gantry-error.ts";
import { fieldOf, parseJson } from "./read-error.ts";

/** Some events are not kept any more: `oldest_sequence` is the first that follows. */
export interface SessionGap {
  readonly type: "gap";
  readonly oldest_sequence: number;
}
export type SessionStreamEvent = SessionEvent | PreviewEvent | SessionGap;

export interface WatchSession extends WatchOptions {
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
  return followWork(parts, { method: "GET", path }, options, readSessionEvent, (event) =>
    asksForAction(event) ? id : undefined,
  );
}

export function asksForAction(event: SessionStreamEvent): boolean {
  return event.type === "session.status_idle" && event.stop_reason.type === "requires_action";
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
