import type { Clock } from "../ports/clock.ts";
import type { WebhookOutbox } from "../ports/webhook-outbox.ts";
import type { WebhookStore } from "../ports/webhook-store.ts";
import { toQueuedEvent } from "./to-queued-event.ts";

export function createWebhookOutbox(
  webhooks: Pick<WebhookStore, "enqueue">,
  clock: Pick<Clock, "epoch">,
  /** Tells the dispatcher that there is something to do. */
  onQueued: () => void,
): WebhookOutbox {
  return {
    async enqueue(event) {
      await webhooks.enqueue(toQueuedEvent(event, clock.epoch()));
      onQueued();
    },
  };
}
