import type { keyRotation } from "@gantry/contracts/access";
import type { Webhook, WebhookDelivery, webhookInput, webhookUpdate } from "@gantry/contracts/webhooks";
import type { z } from "zod";
import { createResource, type Lists, type Paging } from "./create-resource.ts";
import type { CallOptions, Transport } from "./create-transport.ts";
import type { Page } from "./pages.ts";

/** A webhook with what its deliveries are signed with, which is told this once. */
export type WebhookWithSecret = Webhook & { readonly secret: string };

export interface AdminWebhooks extends Lists<Webhook, Paging & { readonly project_id?: string }> {
  create(input: z.input<typeof webhookInput>, options?: CallOptions): Promise<WebhookWithSecret>;
  get(id: string, options?: CallOptions): Promise<Webhook>;
  update(id: string, change: z.input<typeof webhookUpdate>, options?: CallOptions): Promise<Webhook>;
  /** With what waits for it, and its log. */
  delete(id: string, options?: CallOptions): Promise<void>;
  rotate(id: string, rotation?: z.input<typeof keyRotation>, options?: CallOptions): Promise<WebhookWithSecret>;
  /** Sends it an event of type `webhook.test`. */
  test(id: string, options?: CallOptions): Promise<WebhookDelivery>;
  deliveries(id: string, paging?: Paging, options?: CallOptions): Promise<Page<WebhookDelivery>>;
  redeliver(id: string, deliveryId: string, options?: CallOptions): Promise<WebhookDelivery>;
}

export function createWebhooks(transport: Transport): AdminWebhooks {
  const { lists, read, send } = createResource<Webhook, Paging & { readonly project_id?: string }>(
    transport,
    "webhooks",
  );
  return {
    ...lists,
    create: (input, options) => send("POST", "", input, options),
    get: (id, options) => read(id, {}, options),
    update: (id, change, options) => send("PATCH", id, change, options),
    async delete(id, options) {
      await send("DELETE", id, undefined, options);
    },
    rotate: (id, rotation = {}, options) => send("POST", [id, "rotate"], rotation, options),
    test: (id, options) => send("POST", [id, "test"], undefined, options),
    deliveries: (id, paging, options) => read([id, "deliveries"], { ...paging }, options),
    redeliver: (id, delivery, options) => send("POST", [id, "deliveries", delivery, "redeliver"], undefined, options),
  };
}
