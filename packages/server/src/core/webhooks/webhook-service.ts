import type { Webhook, WebhookDelivery, WebhookInput, WebhookUpdate } from "@gantry/contracts/webhooks";
import type { Actor } from "../control/actor.ts";
import type { AuditRecorder, Change } from "../control/audit-recorder.ts";
import type { ControlParts } from "../control/control-parts.ts";
import { createId } from "../control/create-id.ts";
import { changedFields, refuseField, requireChange, requireFound } from "../control/refusals.ts";
import { parseAuthority } from "../egress/egress-target.ts";
import type { Page, PageRequest } from "../ports/control-store.ts";
import { toQueuedEvent } from "./to-queued-event.ts";
import { formatWebhookSecret } from "./sign-webhook.ts";

/** An endpoint with its secret, which is told this once. */
export interface WebhookWithSecret {
  readonly webhook: Webhook;
  readonly secret: string;
}

/** Rejects with a `FailureError`: `not_found`, `invalid_request`. */
export interface WebhookService {
  create(actor: Actor, input: WebhookInput): Promise<WebhookWithSecret>;
  list(page: PageRequest & { readonly projectId?: string }): Promise<Page<Webhook>>;
  get(id: string): Promise<Webhook>;
  update(actor: Actor, id: string, update: WebhookUpdate): Promise<Webhook>;
  /** Gives the endpoint a new secret; the old one signs as well for so many seconds. */
  rotate(actor: Actor, id: string, overlapSeconds: number): Promise<WebhookWithSecret>;
  /** With what waits for it and the log of what it got. */
  remove(actor: Actor, id: string): Promise<Webhook>;
  /** Sends an event of type `webhook.test`. */
  test(actor: Actor, id: string): Promise<WebhookDelivery>;
  deliveries(id: string, page: PageRequest): Promise<Page<WebhookDelivery>>;
  redeliver(actor: Actor, id: string, deliveryId: string): Promise<WebhookDelivery>;
}

const secretBytes = 32;

export function createWebhookService(parts: ControlParts, audit: AuditRecorder): WebhookService {
  const { store, clock, random, wakeWebhooks } = parts;
  const { webhooks } = store;
  const get = async (id: string) => requireFound(await webhooks.get(id), "webhook");
  const makeSecret = (): string => formatWebhookSecret(random(secretBytes));
  const makeLinkSecret = (): string => btoa(String.fromCharCode(...random(secretBytes)));
  const checkLinks = (wanted: boolean | undefined): void => {
    if (wanted !== true || parts.givesLinks === true) return;
    throw refuseField(
      "answerLinks",
      "no link can be given before the setting `webhooks.publicUrl` says where people reach this server",
    );
  };

  return {
    async create(actor, input) {
      const id = createId("whk", random);
      const project = await store.control.findProject(input.projectId);
      const change = {
        action: "webhook.created",
        target: `webhook:${id}`,
        projectId: project?.id ?? null,
        payload: input,
      };
      return await audit.record(actor, change, async (stores) => {
        if (project === undefined) throw refuseField("projectId", "there is no such project");
        if (project.archivedAt !== null) throw refuseField("projectId", "the project is archived");
        checkUrl(input.url);
        checkLinks(input.answerLinks);
        const { answerLinks, ...rest } = input;
        const secret = makeSecret();
        const webhook = await stores.webhooks.create({
          ...rest,
          linkSecret: answerLinks ? makeLinkSecret() : null,
          id,
          projectId: project.id,
          secret,
          createdAt: clock.epoch(),
        });
        return { webhook, secret };
      });
    },
    list: (page) => webhooks.list(page),
    get,
    async update(actor, id, update) {
      requireChange(update);
      const webhook = await get(id);
      const change = {
        ...changeOf(webhook, "webhook.updated"),
        payload: update,
        detail: changedFields(update).join(", "),
      };
      return await audit.record(actor, change, async (stores) => {
        if (update.url !== undefined) checkUrl(update.url);
        const { answerLinks, ...rest } = update;
        checkLinks(answerLinks);
        // Switched off and on again they are others: those that were given before are withdrawn.
        const isSwitched = answerLinks !== undefined && answerLinks !== webhook.answerLinks;
        const linkSecret = answerLinks === true ? makeLinkSecret() : null;
        const fields = { ...rest, ...(isSwitched && { linkSecret }) };
        const updated = requireFound(await stores.webhooks.update(id, fields), "webhook");
        wakeWebhooks?.();
        return updated;
      });
    },
    async rotate(actor, id, overlapSeconds) {
      const change = { ...changeOf(await get(id), "webhook.rotated"), detail: `overlap ${overlapSeconds} s` };
      return await audit.record(actor, change, async (stores) => {
        const secret = makeSecret();
        const until = clock.epoch() + overlapSeconds * 1000;
        return { webhook: requireFound(await stores.webhooks.rotate(id, secret, until), "webhook"), secret };
      });
    },
    async remove(actor, id) {
      const webhook = await get(id);
      return await audit.record(actor, changeOf(webhook, "webhook.deleted"), async (stores) => {
        await stores.webhooks.remove(id);
        return webhook;
      });
    },
    async test(actor, id) {
      const webhook = await get(id);
      return await audit.record(actor, changeOf(webhook, "webhook.tested"), async (stores) => {
        const { projectId } = webhook;
        const now = clock.epoch();
        const eventId = createId("event", random);
        const event = toQueuedEvent({ eventId, projectId, type: "webhook.test", subjectId: id, at: now });
        const delivery = requireFound(await stores.webhooks.enqueueFor(id, event), "webhook");
        wakeWebhooks?.();
        return delivery;
      });
    },
    async deliveries(id, page) {
      await get(id);
      return await webhooks.listDeliveries(id, page);
    },
    async redeliver(actor, id, deliveryId) {
      const change = { ...changeOf(await get(id), "webhook.redelivered"), detail: deliveryId };
      return await audit.record(actor, change, async (stores) => {
        const delivery = requireFound(await stores.webhooks.redeliver(id, deliveryId, clock.epoch()), "delivery");
        wakeWebhooks?.();
        return delivery;
      });
    },
  };
}

/** What can be told of an address before anything is sent; the rest is judged at each attempt, by the addresses that its name has then. */
function checkUrl(url: string): void {
  const { host, protocol } = new URL(url);
  if (parseAuthority(host, protocol === "https:" ? 443 : 80) === undefined) {
    throw refuseField("url", "expected a host that can be judged: a name, or an address in its plain form");
  }
}

function changeOf({ id, projectId }: Webhook, action: string): Change {
  return { action, target: `webhook:${id}`, projectId };
}
