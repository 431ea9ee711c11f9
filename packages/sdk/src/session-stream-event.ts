import type { PreviewEvent, SessionEvent } from "@gantry/contracts/session-events";

/** Some events are not kept any more: `oldest_sequence` is the first that follows. */
export interface SessionGap {
  readonly type: "gap";
  readonly oldest_sequence: number;
}
export type SessionStreamEvent = SessionEvent | PreviewEvent | SessionGap;

export function asksForAction(event: SessionStreamEvent): boolean {
  return event.type === "session.status_idle" && event.stop_reason.type === "requires_action";
}

/** Place in the log; a preview and a gap have none. */
export function placeOf(event: SessionStreamEvent): number | undefined {
  return "gantry" in event ? event.gantry?.sequence : undefined;
}
