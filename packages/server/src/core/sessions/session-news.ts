import type { SessionEvent } from "@gantry/contracts/session-events";
import type { WebhookEventType } from "@gantry/contracts/webhooks";
import type { QueuedEvent } from "../ports/webhook-store.ts";
import { toQueuedEvent } from "../webhooks/to-queued-event.ts";

/** Of which session webhooks are told. */
export interface NewsSubject {
  readonly id: string;
  readonly projectId: string;
}

/**
 * What webhooks are to be told of what a step adds to the log. It goes into their queue with the step's own commit, so that no crash comes in
 * between; the same entry has the same event's id at every try.
 */
export function toLogNews(session: NewsSubject, events: readonly SessionEvent[], at: number): readonly QueuedEvent[] {
  return events.flatMap((event) =>
    toTypes(event).map((type, index) => {
      const mark = toMark(event.id);
      return toQueuedEvent({
        eventId: index === 0 ? `event_${mark}` : `event_${mark}_${index}`,
        projectId: session.projectId,
        type,
        subjectId: session.id,
        ...toThread(event),
        at,
      });
    }),
  );
}

/** What happens once in the life of a session, and is in no log. */
export function toLifeNews(
  { id, projectId }: NewsSubject,
  what: "created" | "archived" | "deleted",
  at: number,
): QueuedEvent {
  return toQueuedEvent({
    eventId: `event_${toMark(id)}_${what}`,
    projectId,
    type: `session.${what}`,
    subjectId: id,
    at,
  });
}

/** An id without the prefix of its kind. */
const toMark = (id: string): string => id.slice(id.indexOf("_") + 1);

function toThread(event: SessionEvent): { readonly sessionThreadId?: string } {
  const isOfThread = event.type === "session.thread_created" || event.type === "session.thread_status_idle";
  return isOfThread ? { sessionThreadId: event.session_thread_id } : {};
}

/** Names of webhooks differ from those of the log: `status_idled` for `status_idle`. */
function toTypes(event: SessionEvent): readonly WebhookEventType[] {
  switch (event.type) {
    case "session.status_running":
      return ["session.status_run_started"];
    case "session.status_idle": {
      const { type } = event.stop_reason;
      if (type === "requires_action") return ["session.status_idled", "session.requires_action"];
      return type === "budget_reached" ? ["session.status_idled", "session.budget_reached"] : ["session.status_idled"];
    }
    case "session.status_rescheduled":
      return ["session.status_rescheduled"];
    case "session.status_terminated":
      return ["session.status_terminated"];
    case "session.updated":
      return ["session.updated"];
    case "session.thread_created":
      return ["session.thread_created"];
    case "session.thread_status_idle":
      return ["session.thread_idled"];
    default:
      return [];
  }
}
