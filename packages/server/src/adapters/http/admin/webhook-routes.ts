import { keyRotation } from "@gantry/contracts/access";
import {
  deliveryStates,
  taskEventTypes,
  type Webhook,
  type WebhookDelivery,
  webhookEventTypes,
  webhookInput,
  webhookUpdate,
} from "@gantry/contracts/webhooks";
import { z } from "zod";
import type { ProjectService } from "../../../core/control/project-service.ts";
import type { WebhookService, WebhookWithSecret } from "../../../core/webhooks/webhook-service.ts";
import { listAnswer, toList } from "./answers.ts";
import type { Handlers, Operation } from "./operation.ts";
import { pageFields, projectField } from "./query-fields.ts";
import { toPageRequest } from "./to-page-request.ts";
import { toProjectFilter } from "./to-project-filter.ts";

const count = z.int().min(0);
const time = z.int().meta({ description: "Epoch milliseconds." });

const webhookAnswer = z.strictObject({
  id: z.string(),
  projectId: z.string(),
  url: z.string(),
  events: z.array(z.enum(["*", ...webhookEventTypes])),
  description: z.string(),
  answerLinks: z.boolean(),
  disabled: z.boolean(),
  failuresInARow: count,
  pausedUntil: time,
  createdAt: time,
}) satisfies z.ZodType<Webhook>;

const webhookWithSecretAnswer = webhookAnswer.extend({
  secret: z.string().meta({ description: "What deliveries are signed with. It is told this once." }),
});

const deliveryAnswer = z.strictObject({
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  type: z.enum([...webhookEventTypes, ...taskEventTypes]),
  state: z.enum(deliveryStates),
  attempts: count,
  nextAttemptAt: time.nullable(),
  lastStatus: count.nullable(),
  lastError: z.string().nullable(),
  createdAt: time,
  deliveredAt: time.nullable(),
}) satisfies z.ZodType<WebhookDelivery>;

export const webhookOperations = {
  createWebhook: {
    method: "POST",
    path: "/v1/admin/webhooks",
    summary: "Create a webhook. Its secret is in this answer and in no other.",
    access: "admin",
    body: webhookInput,
    answer: webhookWithSecretAnswer,
    status: 201,
  },
  listWebhooks: {
    method: "GET",
    path: "/v1/admin/webhooks",
    summary: "List webhooks, newest first.",
    access: "admin",
    query: z.strictObject({ ...pageFields, project_id: projectField }),
    answer: listAnswer(webhookAnswer),
  },
  getWebhook: {
    method: "GET",
    path: "/v1/admin/webhooks/:id",
    summary: "Show a webhook, without its secret.",
    access: "admin",
    answer: webhookAnswer,
  },
  updateWebhook: {
    method: "PATCH",
    path: "/v1/admin/webhooks/:id",
    summary: "Change, disable or enable a webhook; what is not named stays as it is.",
    access: "admin",
    body: webhookUpdate,
    answer: webhookAnswer,
  },
  deleteWebhook: {
    method: "DELETE",
    path: "/v1/admin/webhooks/:id",
    summary: "Delete a webhook with what waits for it and its log.",
    access: "admin",
    answer: webhookAnswer,
  },
  rotateWebhook: {
    method: "POST",
    path: "/v1/admin/webhooks/:id/rotate",
    summary: "Give a webhook a new secret; the old one signs as well for `overlapSeconds`.",
    access: "admin",
    body: keyRotation,
    answer: webhookWithSecretAnswer,
  },
  testWebhook: {
    method: "POST",
    path: "/v1/admin/webhooks/:id/test",
    summary: "Send an event of type `webhook.test`.",
    access: "admin",
    answer: deliveryAnswer,
    status: 201,
  },
  listWebhookDeliveries: {
    method: "GET",
    path: "/v1/admin/webhooks/:id/deliveries",
    summary: "List what a webhook got or is to get, newest first.",
    access: "admin",
    query: z.strictObject(pageFields),
    answer: listAnswer(deliveryAnswer),
  },
  redeliverWebhook: {
    method: "POST",
    path: "/v1/admin/webhooks/:id/deliveries/:delivery/redeliver",
    summary: "Send a delivery again, whatever became of it.",
    access: "admin",
    answer: deliveryAnswer,
  },
} as const satisfies Record<string, Operation>;

export function createWebhookHandlers(
  webhooks: WebhookService,
  projects: ProjectService,
): Handlers<typeof webhookOperations> {
  return {
    createWebhook: async ({ actor, body }) => toAnswer(await webhooks.create(actor, body)),
    async listWebhooks({ query }) {
      const ofProject = await toProjectFilter(projects, query.project_id);
      return toList(await webhooks.list({ ...toPageRequest(query), ...ofProject }));
    },
    getWebhook: ({ params }) => webhooks.get(params.id),
    updateWebhook: ({ actor, params, body }) => webhooks.update(actor, params.id, body),
    deleteWebhook: ({ actor, params }) => webhooks.remove(actor, params.id),
    rotateWebhook: async ({ actor, params, body }) =>
      toAnswer(await webhooks.rotate(actor, params.id, body.overlapSeconds)),
    testWebhook: ({ actor, params }) => webhooks.test(actor, params.id),
    listWebhookDeliveries: async ({ params, query }) =>
      toList(await webhooks.deliveries(params.id, toPageRequest(query))),
    redeliverWebhook: ({ actor, params }) => webhooks.redeliver(actor, params.id, params.delivery),
  };
}

function toAnswer({ webhook, secret }: WebhookWithSecret) {
  return { ...webhook, secret };
}
