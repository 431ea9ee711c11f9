import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { Task } from "@gantry/contracts/tasks";

import { readApi } from "../harness/admin.ts";
import { startEndpoint } from "../webhooks/webhook-under-test.ts";
import { examplePath, pathOfExample } from "./run-example.ts";
import type { Stage } from "./stage.ts";

/** Starts the receiver: where it listens, and its next line. */
async function startReceiver(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [pathOfExample("webhook-receiver.ts")], {
    env: { ...env, PATH: examplePath, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => String((await lines.next()).value);
  const url = (await nextLine()).replace("listens on ", "");
  return {
    url,
    nextLine,
    async stop(): Promise<void> {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      assert.deepEqual(await exited, [0, null]);
    },
  };
}

/** The example that webhooks go to. */
export function tryWebhook(stage: () => Stage): void {
  test(
    "webhook-receiver.ts: a signed webhook has a listed command allowed, and its task's end handed over",
    { timeout: 300_000 },
    async (t) => {
      const { admin, env, gantry, relay } = stage();
      const workflow = await startEndpoint(t);
      const webhook = await readApi<{ id: string; secret: string }>(gantry, "POST", "/v1/admin/webhooks", {
        projectId: "default",
        url: `http://${relay.host}/gantry`,
        events: ["webhook.test"],
      });
      const receiver = await startReceiver({
        ...env,
        GANTRY_WEBHOOK_SECRET: webhook.secret,
        N8N_WEBHOOK_URL: workflow.url,
        ALLOWED_COMMANDS: "npm test, echo fine",
      });
      t.after(() => receiver.stop());
      relay.leadTo(Number(new URL(receiver.url).port));
      await readApi(gantry, "POST", "/v1/admin/profiles", {
        name: "asks",
        allowedModels: ["*"],
        allowedTools: ["*"],
        toolRules: [{ tool: "Bash", action: "ask" }],
        maxExecutionSeconds: 600,
        maxCostPerTaskMicros: 10_000_000,
        filesystemAccess: "readwrite",
        workspaceSizeMb: 100,
      });
      const key = await admin.createKey({ profile: "asks", scopes: ["tasks"] });
      const start = async (command: string): Promise<Task> => {
        const description = `[[demo:tool Bash ${JSON.stringify({ command })}]]`;
        const task = { description, allow_tools: ["Bash"], model: "haiku", webhook: webhook.id, wait: 0 };
        const reply = await fetch(`${gantry.url}/v1/task`, {
          method: "POST",
          headers: { authorization: `Bearer ${key.key}`, "content-type": "application/json" },
          body: JSON.stringify(task),
        });
        assert.equal(reply.status, 202);
        return (await reply.json()) as Task;
      };

      const fine = await start("echo fine");
      assert.equal(await receiver.nextLine(), `${fine.task_id}: allowed: echo fine`);
      await workflow.until(1);
      const handedOver = JSON.parse(workflow.received[0]?.body ?? "") as object;
      assert.partialDeepStrictEqual(handedOver, { id: fine.task_id, type: "task.completed", status: "completed" });
      assert.partialDeepStrictEqual(handedOver, { result: { summary: "fine" } });
      assert.equal(await receiver.nextLine(), `${fine.task_id}: completed`);

      const other = await start("echo fine; echo more");
      assert.match(
        await receiver.nextLine(),
        new RegExp(`^${other.task_id}: left to a person: Bash \\{"command":"echo fine; echo more"`),
      );
      await readApi(gantry, "POST", `/v1/tasks/${other.task_id}/cancel`, {});
      assert.equal(await receiver.nextLine(), `${other.task_id}: cancelled`);

      // What anybody else sends does nothing.
      const forged = { type: "event", id: "event_1", data: { type: "task.completed", id: fine.task_id } };
      const headers = {
        "webhook-id": "event_1",
        "webhook-timestamp": `${Math.floor(Date.now() / 1000)}`,
        "webhook-signature": "v1,bm9uZQ==",
      };
      const refused = await fetch(receiver.url, { method: "POST", headers, body: JSON.stringify(forged) });
      assert.equal(refused.status, 401);
      assert.equal(workflow.received.length, 2);
    },
  );
}
