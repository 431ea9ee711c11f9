import type { TaskEventType, WebhookEventType } from "@gantry/contracts/webhooks";

/**
 * Takes what webhooks are to tell. To be called when the thing itself is committed; idempotent by the event's id, so that whoever cannot
 * know whether it called before a crash calls again. What a session's log tells is not put here: its own commit queues it.
 */
export interface WebhookOutbox {
  /** Committed when it resolves: from then on every endpoint of the project that wants the event gets it, also after a crash. */
  enqueue(event: WebhookEvent): Promise<void>;
}

export interface WebhookEvent {
  /** Chosen by what happened, such as `event_` and the id of an entry of a session's log: the same thing always has the same. */
  readonly eventId: string;
  readonly projectId: string;
  readonly type: WebhookEventType | TaskEventType;
  /** What it happened to: a session's id, an agent's. */
  readonly subjectId: string;
  /** Of the thread, where it is about one. */
  readonly sessionThreadId?: string;
  /** When it happened, in epoch milliseconds. */
  readonly at: number;
}
