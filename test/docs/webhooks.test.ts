import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const root = new URL("../..", import.meta.url).pathname;

test("the receiver of docs/webhooks.md takes what is genuine and nothing else", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-docs-"));
  context.after(() => rm(folder, { recursive: true }));
  const page = await readFile(join(root, "docs/webhooks.md"), "utf8");
  const [, code = ""] = /^```js\n(.*?)^```$/ms.exec(page) ?? [];
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "receiver.mjs"), code);
  const { readWebhook } = await import(pathToFileURL(join(folder, "receiver.mjs")).href);

  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({ type: "event", id: "event_1" });
  const signature = createHmac("sha256", Buffer.alloc(32, 1)).update(`event_1.${timestamp}.${body}`).digest("base64");
  const headers = { "webhook-id": "event_1", "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  assert.deepEqual(readWebhook(body, headers, secret), JSON.parse(body));
  assert.throws(() => readWebhook(`${body} `, headers, secret));
});

test("the settings that docs/egress.md and docs/webhooks.md show are ones", async () => {
  const { egressSettings } = await import("@gantry/contracts/egress");
  const { webhookSettings } = await import("@gantry/contracts/webhooks");
  const egress = await readFile(join(root, "docs/egress.md"), "utf8");
  const [, block = "{}"] = /^```json\n(.*?)^```$/ms.exec(egress) ?? [];
  assert.ok(egressSettings.parse(JSON.parse(block).egress).gateways["npm"] !== undefined);
  const webhooks = await readFile(join(root, "docs/webhooks.md"), "utf8");
  const [, inline = "{}"] = /`(\{"webhooks".*?\})`/.exec(webhooks) ?? [];
  assert.equal(webhookSettings.parse(JSON.parse(inline).webhooks).privateHosts.length, 1);
});
