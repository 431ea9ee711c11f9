import type { Task } from "@gantry/contracts/tasks";
import assert from "node:assert/strict";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { waitUntilNone } from "../harness/processes.ts";
import { type Gantry, startGantry } from "../harness/start-gantry.ts";

const count = 10;

test("after a kill amid many tasks each has one end, none was worked on twice, and no process is left", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "gantry-kill-tasks-"));
  const data = join(folder.path, "data");
  let gantry = await startGantry({ data });
  await using _stopped = { [Symbol.asyncDispose]: () => gantry.stop() };
  const ask = async <Answer>(server: Gantry, path: string, init: RequestInit = {}): Promise<Answer> => {
    const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/json" };
    const response = await fetch(`${server.url}/v1/${path}`, { ...init, headers });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return (await response.json()) as Answer;
  };
  const description = `[[demo:tool Bash {"command":"echo effect >> effects.txt; sleep 0.3"}]] [[demo:say done]]`;
  const body = JSON.stringify({ description, allow_tools: ["Bash"], model: "haiku", wait: 0 });
  const made = await Promise.all(
    Array.from({ length: count }, () => ask<Task>(gantry, "task", { method: "POST", body })),
  );
  const list = async (): Promise<Task[]> => (await ask<{ data: Task[] }>(gantry, "tasks?limit=100")).data;
  while ((await list()).filter(({ status }) => status === "completed").length < 3) await pause(20);

  await gantry.kill9();
  await waitUntilNone(gantry.processes);
  const before = gantry.processes;
  gantry = await startGantry({ data });
  while ((await list()).some(({ ended_at: at }) => at === null)) await pause(100);
  const tasks = await list();
  assert.deepEqual(tasks.map(({ task_id: id }) => id).toSorted(), made.map(({ task_id: id }) => id).toSorted());
  for (const { task_id: id } of tasks) {
    const task = await ask<Task>(gantry, `tasks/${id}`);
    // One whose tool may have had its effect is not begun anew: it has failed, and says so.
    assert.ok(task.status === "completed" || task.status === "failed", JSON.stringify(task.result));
    const effects = task.artifacts.find(({ path }) => path === "effects.txt");
    if (task.status === "completed" || effects !== undefined)
      assert.equal(effects?.size_bytes, "effect\n".length, JSON.stringify(task));
  }
  assert.ok(tasks.filter(({ status }) => status === "completed").length >= count / 2);
  await gantry.stop();
  await waitUntilNone(before);
});
