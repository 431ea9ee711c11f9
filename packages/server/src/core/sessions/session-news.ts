import type { SessionEvent } from "@gantry/contracts/session-events";
import type { WebhookEventType } from "@gantry/contracts/webhooks";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { SessionRecord } from "../ports/session-store.ts";
import type { WebhookOutbox } from "../ports/webhook-outbox.ts";

/** Tells webhooks what becomes of sessions. */
export interface SessionNews {
  /** What was added to the log of a session. */
  events(record: SessionRecord, events: readonly SessionEvent[]): void;
  /** What is in no log. `mark` tells one time of it from another. */
  happened(record: Pick<SessionRecord, "id" | "projectId">, type: WebhookEventType, mark: string): void;
  /** Resolves when all that was told is in the outbox. Never rejects. */
  settled(): Promise<void>;
}

export interface SessionNewsParts {
  readonly outbox: WebhookOutbox;
  readonly clock: Clock;
  readonly log: Log;
}

/** Puts news into the outbox beside the work: a store that is slow or away holds nothing up. */
export function createSessionNews({ outbox, clock, log }: SessionNewsParts): SessionNews {
  const underWay = new Set<Promise<void>>();

  function enqueue({ id, projectId }: Pick<SessionRecord, "id" | "projectId">, type: WebhookEventType, mark: string) {
    const told = outbox
      .enqueue({ eventId: `event_${mark}`, projectId, type, subjectId: id, at: clock.epoch() })
      .catch((error: unknown) => log.warn({ err: error, session: id, type }, "A webhook's event could not be kept."))
      .finally(() => underWay.delete(told));
    underWay.add(told);
  }

  return {
    events(record, events) {
      for (const event of events) {
        toTypes(event).forEach((type, index) => {
          const mark = event.id.slice(event.id.indexOf("_") + 1);
          enqueue(record, type, index === 0 ? mark : `${mark}_${index}`);
        });
      }
    },
    happened: enqueue,
    async settled() {
      await Promise.all(underWay);
    },
  };
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
    default:
      return [];
  }
}
