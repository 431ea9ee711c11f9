import type { WebhookEvent } from "../ports/webhook-outbox.ts";
import type { QueuedEvent } from "../ports/webhook-store.ts";

/** Every installation is one organization, which has no other name. */
const organizationId = "org_gantry";

/** An event as it is queued and sent; links, where the endpoint asked for them, are added at each attempt. It names what happened to what, and holds nothing of it. */
export function toQueuedEvent(event: WebhookEvent, now: number = event.at): QueuedEvent {
  const { eventId, projectId, type, subjectId, sessionThreadId, at } = event;
  const body = JSON.stringify({
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
  return { eventId, projectId, type, body, now };
}
