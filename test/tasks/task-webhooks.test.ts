import Anthropic from "@anthropic-ai/sdk";
import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Managed, startManaged } from "../managed/start-managed.ts";
import { type Received, startEndpoint } from "../webhooks/webhook-under-test.ts";

type Answer = Task & { readonly detail?: string };

async function ask({ send }: Managed, path: string, body?: object, key?: string) {
  const response = await send(body === undefined ? "GET" : "POST", path, { body, ...(key !== undefined && { key }) });
  return { status: response.status, body: (await response.json()) as Answer & Record<string, unknown> };
}

const toTask = (more: object): object => ({ description: "[[demo:say done]]", model: "haiku", ...more });
const readType = ({ body }: Received): string => (JSON.parse(body) as { data: { type: string } }).data.type;

test("a task's webhook is told of its end and of what a person has to answer, signed, and also after a kill", async (t) => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-task-webhooks-"));
  const data = join(folder.path, "data");
  const endpoint = await startEndpoint(t);
  const host = `localhost:${new URL(endpoint.url).port}`;
  const url = `http://${host}/tasks`;

  const closed = await startManaged({ data });
  const { body: first } = await ask(closed, "/v1/task", toTask({ webhook: url }));
  assert.equal(first.status, "completed", JSON.stringify(first));
  const secret = first.webhook?.secret ?? "";
  assert.match(secret, /^whsec_/);
  for (const [webhook, pattern] of [
    ["http://10.0.0.1/", /webhook: .*private/],
    ["https://169.254.169.254/latest", /webhook: .*metadata/],
    ["https://user:pass@example.com/", /webhook: .*without user/],
    ["https://0x7f.1/", /webhook: /],
    ["whk_none", /webhook: .*id of a webhook/],
    ["ftp://example.com", /webhook: /],
  ] as const) {
    const { status, body } = await ask(closed, "/v1/task", toTask({ webhook }));
    assert.equal(status, 400, webhook);
    assert.match(String(body.detail), pattern);
  }
  await closed.gantry.kill9();
  assert.equal(endpoint.received.length, 0);

  const env = { GANTRY_WEBHOOKS: JSON.stringify({ privateHosts: [host] }) };
  const opened = await startManaged({ data, env });
  t.after(() => opened.gantry.stop());
  await endpoint.until(1);
  const [got] = endpoint.received;
  const client = new Anthropic({ apiKey: "none" });
  const event = client.beta.webhooks.unwrap(String(got?.body), { headers: got?.headers ?? {}, key: secret });
  assert.partialDeepStrictEqual(event, { data: { type: "task.completed", id: first.task_id } });
  const { body: shown } = await ask(opened, `/v1/tasks/${first.task_id}`);
  assert.deepEqual(shown.webhook, { id: first.webhook?.id });

  const registered = await ask(opened, "/v1/admin/webhooks", {
    projectId: "default",
    url: `${url}/id`,
    events: ["agent.created"],
  });
  const profile = {
    name: "asks",
    allowedModels: ["*"],
    allowedTools: ["*"],
    toolRules: [{ tool: "Bash", action: "ask" }],
    maxExecutionSeconds: 600,
    maxCostPerTaskMicros: 10_000_000,
    filesystemAccess: "readwrite",
    workspaceSizeMb: 100,
  };
  await ask(opened, "/v1/admin/profiles", profile);
  const { body: key } = await ask(opened, "/v1/admin/keys", {
    name: "asks",
    projectId: "default",
    profile: "asks",
    scopes: ["tasks"],
  });
  const asking = toTask({
    description: `[[demo:tool Bash {"command":"echo hi"}]] [[demo:say done]]`,
    allow_tools: ["Bash"],
    webhook: registered.body["id"],
  });
  const waiting = await ask(opened, "/v1/task", asking, String(key["key"]));
  assert.equal(waiting.body.status, "requires_action", JSON.stringify(waiting.body));
  assert.equal(waiting.body.webhook?.secret, undefined);
  await endpoint.until(2);
  await ask(opened, `/v1/interactions/${waiting.body.interactions[0]}`, { decision: "allow" });
  await endpoint.until(3);
  const { body: queued } = await ask(opened, "/v1/task", { ...asking, wait: 0, webhook: url });
  await ask(opened, `/v1/tasks/${queued.task_id}/cancel`, {});
  await endpoint.until(4);
  const told = endpoint.received.map((one) => `${one.path} ${readType(one)}`);
  assert.deepEqual(told.toSorted(), [
    "/tasks task.cancelled",
    "/tasks task.completed",
    "/tasks/id task.completed",
    "/tasks/id task.requires_action",
  ]);
  // The same address is the same endpoint for the key that named it, and another for another.
  assert.equal(queued.webhook?.id, first.webhook?.id);
  const { body: other } = await ask(opened, "/v1/task", toTask({ webhook: url }), String(key["key"]));
  assert.notEqual(other.webhook?.id, first.webhook?.id);
  for (const said of [opened.gantry.stdout(), opened.gantry.stderr()]) assert.ok(!said.includes(secret));
});
