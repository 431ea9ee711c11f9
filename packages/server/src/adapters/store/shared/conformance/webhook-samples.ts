import type { NewWebhook, QueuedEvent } from "../../../../core/ports/webhook-store.ts";
import { noon } from "./samples.ts";

export function sampleWebhook(id: string, changes: Partial<NewWebhook> = {}): NewWebhook {
  return {
    id,
    projectId: "prj_a",
    url: `https://hooks.example/${id}`,
    events: ["*"],
    description: "",
    secret: `whsec_${id}`,
    createdAt: noon,
    ...changes,
  };
}

export function sampleQueuedEvent(eventId: string, changes: Partial<QueuedEvent> = {}): QueuedEvent {
  return { eventId, projectId: "prj_a", type: "session.created", body: `{"id":"${eventId}"}`, now: noon, ...changes };
}
