import type { webhookOperations } from "../../packages/server/src/adapters/http/admin/webhook-routes.ts";
import type { AdminApi } from "./start-admin-api.ts";

/** What a good call of each operation of webhooks is, on one that is made for it and has a delivery. */
export async function goodWebhookCalls(
  api: AdminApi,
): Promise<Record<keyof typeof webhookOperations, [string, unknown?]>> {
  const input = { projectId: "default", url: "https://a.example/x" };
  const { id: webhook }: { id: string } = (await api.call("POST", "/v1/admin/webhooks", input)).json;
  const { id: delivery }: { id: string } = (await api.call("POST", `/v1/admin/webhooks/${webhook}/test`)).json;
  return {
    createWebhook: [
      "/v1/admin/webhooks",
      { projectId: "default", url: "https://a.example", events: ["agent.created"] },
    ],
    listWebhooks: ["/v1/admin/webhooks?project_id=prj_default&limit=1"],
    getWebhook: [`/v1/admin/webhooks/${webhook}`],
    updateWebhook: [`/v1/admin/webhooks/${webhook}`, { disabled: true }],
    rotateWebhook: [`/v1/admin/webhooks/${webhook}/rotate`, { overlapSeconds: 60 }],
    testWebhook: [`/v1/admin/webhooks/${webhook}/test`],
    listWebhookDeliveries: [`/v1/admin/webhooks/${webhook}/deliveries?limit=1`],
    redeliverWebhook: [`/v1/admin/webhooks/${webhook}/deliveries/${delivery}/redeliver`],
    deleteWebhook: [`/v1/admin/webhooks/${webhook}`],
  };
}
