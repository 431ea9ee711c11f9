import assert from "node:assert/strict";
import { test } from "node:test";
import { killTasks } from "../harness/kill-tasks.ts";

const workers = 3;

// A sample of what `npm run soak -- tasks` does with a thousand.
test("after a kill amid many tasks each has one end, none had its effect twice, and the books are right", async () => {
  const { completed, tasks, waits } = await killTasks({ tasks: 10, workers, kills: 1, singles: 1, seed: 20261128 });
  assert.equal(tasks.length, 11);
  assert.ok(completed >= tasks.length - workers);
  // At most those that were taken from the queue at the moment in which it was handed over.
  for (const { overtaken } of waits) assert.ok(overtaken <= workers, `${overtaken} began before it`);
});
