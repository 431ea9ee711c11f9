import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { readBlocks } from "../harness/pages.ts";

const root = new URL("../..", import.meta.url).pathname;

test("the receiver of docs/webhooks.md takes what is genuine and nothing else", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "gantry-docs-"));
  context.after(() => rm(folder, { recursive: true }));
  const [receiver, ...others] = readBlocks("docs/webhooks.md", "js");
  assert.deepEqual(others, []);
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "receiver.mjs"), receiver?.code ?? "");
  const { readWebhook } = await import(pathToFileURL(join(folder, "receiver.mjs")).href);

  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({ type: "event", id: "event_1" });
  const signature = createHmac("sha256", Buffer.alloc(32, 1)).update(`event_1.${timestamp}.${body}`).digest("base64");
  const headers = { "webhook-id": "event_1", "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  assert.deepEqual(readWebhook(body, headers, secret), JSON.parse(body));
  assert.throws(() => readWebhook(`${body} `, headers, secret));
});
