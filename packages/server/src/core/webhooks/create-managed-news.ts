import type { WebhookEventType } from "@gantry/contracts/webhooks";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { WebhookOutbox } from "../ports/webhook-outbox.ts";

/**
 * Tells webhooks what became of agents and environments, once it is committed. `mark` tells one change of a thing from another. Never
 * rejects: what was changed stays changed.
 */
export type ManagedNews = (
  subject: { readonly id: string; readonly projectId: string },
  type: Extract<WebhookEventType, `agent.${string}` | `environment.${string}`>,
  mark: string | number,
) => Promise<void>;

export function createManagedNews(parts: {
  readonly outbox: WebhookOutbox;
  readonly clock: Pick<Clock, "epoch">;
  readonly log: Log;
}): ManagedNews {
  const { outbox, clock, log } = parts;
  return async ({ id, projectId }, type, mark) => {
    try {
      const eventId = `event_${id.slice(id.indexOf("_") + 1)}_${mark}`;
      await outbox.enqueue({ eventId, projectId, type, subjectId: id, at: clock.epoch() });
    } catch (error) {
      log.warn({ err: error, subject: id, type }, "A webhook's event could not be kept.");
    }
  };
}
