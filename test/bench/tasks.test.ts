import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Bound } from "../../bench/report/bound.ts";
import { createBenchClock } from "../../bench/store/bench-clock.ts";
import { createQueueWork } from "../../bench/tasks/queue-work.ts";
import type { TasksFigures } from "../../bench/tasks/run-tasks.ts";
import { openSqliteStore } from "../../packages/server/src/adapters/store/sqlite/open-sqlite-store.ts";
import type { JobQueue } from "../../packages/server/src/core/ports/job-queue.ts";
import { temporaryFolderFor } from "../processes/hosting.ts";
import { runBench } from "./run-program.ts";

test("a quick run measures the queue on both stores and tasks on a server, and judges every bound", async (t) => {
  const folder = temporaryFolderFor(t);
  const [report, json] = [join(folder, "tasks.md"), join(folder, "tasks.json")];
  const { code, stdout, stderr } = await runBench("main.ts", ["tasks", "--quick", "--report", report, "--json", json]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `${await readFile(report, "utf8")}\n`);
  // The program's own output; what is relied on is looked at below.
  const run = JSON.parse(await readFile(json, "utf8")) as TasksFigures & { bounds: readonly Bound[] };
  assert.deepEqual(
    run.queue.map(({ store, waiting }) => [store, waiting]),
    [0, 50].flatMap((waiting) => ["sqlite", "postgres"].map((store) => [store, waiting])),
  );
  for (const { rounds } of run.queue) {
    assert.equal(rounds.length, 1);
    for (const { runs, p50Ms, p95Ms } of rounds) assert.ok(runs > 0 && p50Ms > 0 && p95Ms >= p50Ms);
  }
  const { starts, wholes, floods, long, left } = run.live;
  assert.deepEqual([starts.length, wholes.length, floods.length, long.length, left], [1, 1, 1, 1, 0]);
  assert.equal(run.bounds.length, 3);
  for (const { measured, claim } of run.bounds) assert.ok(Number.isFinite(measured), claim);
});

/** Queues that say they did what they were told. */
const lies: readonly (readonly [lie: string, tell: (jobs: JobQueue) => JobQueue, found: RegExp])[] = [
  ["keeps no job", (jobs) => ({ ...jobs, enqueue: async () => "queued" }), /no job came/],
  [
    "gives one job twice",
    (jobs) => {
      const first = Promise.withResolvers<Awaited<ReturnType<JobQueue["claim"]>>>();
      return {
        ...jobs,
        async claim(claim) {
          first.resolve(jobs.claim(claim));
          return await first.promise;
        },
      };
    },
    /came twice/,
  ],
  ["loses who holds a job", (jobs) => ({ ...jobs, finish: async () => undefined }), /lost before its end/],
];
for (const [lie, tell, found] of lies) {
  test(`a queue that ${lie} does not pass`, async (t) => {
    const clock = createBenchClock();
    const store = await openSqliteStore({ directory: temporaryFolderFor(t), clock, onFailure: () => {} });
    t.after(() => store.close());
    const queue = createQueueWork({ ...store, jobs: tell(store.jobs) }, clock);
    await assert.rejects(async () => {
      await queue.work();
      await queue.work();
    }, found);
  });
}

test("a queue that keeps its jobs passes, however many wait", async (t) => {
  const clock = createBenchClock();
  const store = await openSqliteStore({ directory: temporaryFolderFor(t), clock, onFailure: () => {} });
  t.after(() => store.close());
  const queue = createQueueWork(store, clock);
  await queue.fill(5);
  await Promise.all(Array.from({ length: 10 }, () => queue.work()));
  await queue.check();
});
