import type { Clock } from "../ports/clock.ts";
import type { WebhookEvent, WebhookOutbox } from "../ports/webhook-outbox.ts";
import type { WebhookStore } from "../ports/webhook-store.ts";

/** Every installation is one organization, which has no other name. */
const organizationId = "org_gantry";

export function createWebhookOutbox(
  webhooks: Pick<WebhookStore, "enqueue">,
  clock: Pick<Clock, "epoch">,
  /** Tells the dispatcher that there is something to do. */
  onQueued: () => void,
): WebhookOutbox {
  return {
    async enqueue(event) {
      const { eventId, projectId, type } = event;
      await webhooks.enqueue({ eventId, projectId, type, body: toEventBody(event), now: clock.epoch() });
      onQueued();
    },
  };
}

/** What is sent; links, where the endpoint asked for them, are added at each attempt. It names what happened to what, and holds nothing of it. */
export function toEventBody({ eventId, projectId, type, subjectId, sessionThreadId, at }: WebhookEvent): string {
  return JSON.stringify({
    type: "event",
    id: eventId,
    created_at: new Date(at).toISOString(),
    data: {
      type,
      id: subjectId,
      organization_id: organizationId,
      workspace_id: projectId,
      ...(sessionThreadId !== undefined && { session_thread_id: sessionThreadId }),
    },
  });
}
