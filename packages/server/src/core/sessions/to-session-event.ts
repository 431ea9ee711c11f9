import type { SessionEvent } from "@gantry/contracts/session-events";
import type { LoggedEvent } from "../ports/event-log.ts";

/** An event of the log as everybody is shown it. */
export function toSessionEvent({ id, type, processedAt, sequence, body }: LoggedEvent): SessionEvent {
  const { gantry, ...fields } = body;
  // What was stored was an event of that type before.
  return {
    id,
    type,
    processed_at: processedAt === null ? null : toTimestamp(processedAt),
    ...fields,
    gantry: { ...(typeof gantry === "object" ? gantry : {}), sequence },
  } as SessionEvent;
}

export function toTimestamp(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
