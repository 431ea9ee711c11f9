import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type MessagesUpstream, startMessagesUpstream } from "../harness/messages-upstream.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

/** The answer by which a subscription says that it is used up. */
function refuse(response: ServerResponse, seconds: number): void {
  const error = { type: "rate_limit_error", message: "You've hit your usage limit." };
  response.writeHead(429, {
    "content-type": "application/json",
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-reset": String(Math.floor(Date.now() / 1000) + seconds),
    "retry-after": String(seconds),
    "x-should-retry": "false",
  });
  response.end(JSON.stringify({ type: "error", error }));
}

const start = (upstream: MessagesUpstream, data: string): Promise<Gantry> =>
  startGantry({ data, upstream: upstream.url, untilReady: false });

async function ask<Answer>({ url, key }: Gantry, path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  const response = await fetch(`${url}/v1/${path}`, init);
  const text = await response.text();
  assert.ok(response.ok, `${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Answer;
}

async function until(gantry: Gantry, id: string, isMeant: (task: Task) => boolean): Promise<Task> {
  for (;;) {
    const task = await ask<Task>(gantry, `tasks/${id}`);
    if (isMeant(task)) return task;
    assert.equal(task.result, null, JSON.stringify(task));
    await pause(50);
  }
}

async function readEvents({ url, key }: Gantry, id: string): Promise<string> {
  const response = await fetch(`${url}/v1/tasks/${id}/events`, { headers: { authorization: `Bearer ${key}` } });
  return await response.text();
}

const more = { allow_tools: ["Bash"], model: "haiku", wait: 0 };

test("a limit of the vendor holds the queue: no task fails by it, and each goes on where it was", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-held-"));
  const upstream = await startMessagesUpstream();
  let gantry = await start(upstream, folder.path);
  try {
    const description = `[[demo:tool Bash {"command":"echo once >> made.txt"}]] [[demo:say all done]]`;
    const first = await ask<Task>(gantry, "task", { description, ...more });
    await upstream.untilCall(0);
    upstream.answerWith((_call, response) => refuse(response, 3_600));
    const held = await until(gantry, first.task_id, ({ held_until: at }) => at !== null);
    assert.deepEqual([held.status, held.queue_position, held.result], ["queued", 1, null]);
    const inAnHour = Date.parse(held.held_until ?? "") - Date.now();
    assert.ok(inAnHour > 0 && inAnHour <= 3_600_000, held.held_until ?? "");
    const called = upstream.calls.length;
    const second = await ask<Task>(gantry, "task", { description: "[[demo:say second]]", ...more });
    assert.deepEqual([second.status, second.held_until], ["queued", held.held_until]);

    // Its owner comes with another subscription: a new start tries it.
    await gantry.kill9();
    await gantry.stop();
    assert.equal(upstream.calls.length, called, "no task has begun");
    upstream.answerWith();
    gantry = await start(upstream, folder.path);
    const isOver = ({ result }: Task): boolean => result !== null;
    const ended = await until(gantry, first.task_id, isOver);
    assert.deepEqual([ended.status, ended.held_until], ["completed", null], JSON.stringify(ended));
    assert.deepEqual(
      ended.artifacts.map(({ path, size_bytes: size }) => [path, size]),
      [["made.txt", "once\n".length]],
    );
    assert.equal((await until(gantry, second.task_id, isOver)).status, "completed");

    // One that passes by itself is waited for.
    upstream.answerWith((_call, response) => {
      upstream.answerWith();
      refuse(response, 2);
    });
    const third = await ask<Task>(gantry, "task", { description: "[[demo:say third]]", ...more });
    const events = await readEvents(gantry, third.task_id);
    assert.match(events, /event: task\.held\ndata: \{"type":"task\.held","held_until":"[^"]+","queue_position":1\}/);
    assert.match(events, /"code":"upstream_usage_limit","retry_after_ms":2000/);
    assert.match(events, /"status":"completed"/);
    assert.partialDeepStrictEqual((await ask<Task>(gantry, `tasks/${third.task_id}`)).result, { full_output: "third" });
  } finally {
    await gantry.stop();
    await upstream.stop();
  }
});
