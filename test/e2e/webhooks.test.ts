import Anthropic from "@anthropic-ai/sdk";
import type { Webhook, WebhookDelivery } from "@gantry/contracts/webhooks";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { readApi } from "../harness/admin.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";
import { startEndpoint } from "../webhooks/webhook-under-test.ts";

type Deliveries = { readonly data: readonly WebhookDelivery[] };

/** Asks until a delivery is in that state. */
async function untilState(gantry: Gantry, { webhookId, id }: WebhookDelivery, isSo: (is: WebhookDelivery) => boolean) {
  for (;;) {
    const { data } = await readApi<Deliveries>(gantry, "GET", `/v1/admin/webhooks/${webhookId}/deliveries`);
    const found = data.find((delivery) => delivery.id === id);
    if (found !== undefined && isSo(found)) return found;
    await pause(20);
  }
}

test("an event that waits when the server is killed is sent by the next one; a private address only where it is opened", async (t) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-webhooks-"));
  const data = join(folder.path, "data");
  const endpoint = await startEndpoint(t);
  const add = { projectId: "default", url: `${endpoint.url}/hook` };

  const closed = await startGantry({ data, untilReady: false });
  const webhook = await readApi<Webhook & { secret: string }>(closed, "POST", "/v1/admin/webhooks", add);
  const delivery = await readApi<WebhookDelivery>(closed, "POST", `/v1/admin/webhooks/${webhook.id}/test`);
  const refused = await untilState(closed, delivery, ({ lastError }) => lastError !== null);
  assert.match(refused.lastError ?? "", /no address that may be reached \(loopback\)/);
  const links = { projectId: "default", url: "https://hooks.example.com/", answerLinks: true };
  await assert.rejects(readApi(closed, "POST", "/v1/admin/webhooks", links), /webhooks\.publicUrl/);
  await closed.kill9();
  assert.equal(endpoint.received.length, 0);

  const env = { GANTRY_WEBHOOKS: JSON.stringify({ privateHosts: [new URL(endpoint.url).host] }) };
  const opened = await startGantry({ data, untilReady: false, env });
  try {
    const sent = await untilState(opened, delivery, ({ state }) => state === "delivered");
    assert.deepEqual([sent.lastStatus, sent.lastError], [204, null]);
    const [got] = endpoint.received;
    assert.ok(got !== undefined);
    const client = new Anthropic({ apiKey: "none", webhookKey: webhook.secret });
    const event = client.beta.webhooks.unwrap(got.body, { headers: got.headers });
    assert.partialDeepStrictEqual(event, {
      id: delivery.eventId,
      data: { id: webhook.id, workspace_id: "prj_default" },
    });
    assert.equal(got.path, "/hook");

    const again = `/v1/admin/webhooks/${webhook.id}/deliveries/${delivery.id}/redeliver`;
    await readApi(opened, "POST", again);
    await endpoint.until(2);
    assert.equal(endpoint.received[1]?.headers["webhook-id"], delivery.eventId);
    for (const said of [opened.stdout(), opened.stderr()]) assert.ok(!said.includes(webhook.secret));
  } finally {
    await opened.stop();
    await closed.stop();
  }
});
