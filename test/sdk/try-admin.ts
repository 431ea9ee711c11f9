import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gantry } from "../../packages/sdk/src/index.ts";

/** Webhooks, directories and the audit, from an administrator's side. */
export async function tryAdmin({ admin }: Gantry): Promise<void> {
  const url = "https://hooks.example.com/gantry";
  const { id, secret } = await admin.webhooks.create({ projectId: "default", url, events: ["*"] });
  assert.notEqual((await admin.webhooks.rotate(id)).secret, secret);
  assert.equal((await admin.webhooks.update(id, { disabled: true })).disabled, true);
  assert.equal((await admin.webhooks.get(id)).url, url);
  assert.deepEqual((await admin.webhooks.deliveries(id)).data, []);
  await admin.webhooks.delete(id);
  assert.deepEqual((await admin.webhooks.list()).data, []);

  const directory = await mkdtemp(join(tmpdir(), "sdk-"));
  await admin.directories.create({ name: "site", path: directory });
  assert.equal((await admin.directories.update("site", { access: "writable" })).access, "writable");
  assert.equal((await admin.directories.get("site")).name, "site");
  await admin.directories.delete("site");
  await rm(directory, { recursive: true });

  const places: number[] = [];
  for await (const row of admin.audit.allRows({ limit: 1, target: `webhook:${id}` })) places.push(row.sequence);
  assert.ok(places.length >= 3 && new Set(places).size === places.length, String(places));
  const { sequence } = await admin.audit.checkpoint();
  assert.ok(sequence >= (places.at(-1) ?? 0));
}
