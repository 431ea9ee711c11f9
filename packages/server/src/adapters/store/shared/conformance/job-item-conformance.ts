import assert from "node:assert/strict";
import type { DoneItem } from "../../../../core/ports/job-items.ts";
import { bounds, claimOne, enqueue, sampleJob, toChange as to } from "./job-samples.ts";
import { minuteMs, noon } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const done = (result: string, status = "completed"): DoneItem => ({ status, result, costMicros: 5, tokens: 7 });

export function describeJobItems(describe: Describe): void {
  describe("items of a job are made with it, and each ends once, by whoever holds it", async ({ jobs }) => {
    const items = ["a", "b with a \0 in it", "c"];
    await enqueue(jobs, sampleJob("job_a", { items }));
    assert.equal(await jobs.enqueue(sampleJob("job_a", { items: ["other"] }), bounds), "known");
    assert.deepEqual(
      (await jobs.readItems("job_a")).map(({ place, body, result }) => [place, body.slice(0, 1), result]),
      [
        [0, "a", null],
        [1, "b", null],
        [2, "c", null],
      ],
    );
    // It waits: nobody holds it.
    assert.equal(await jobs.keepItem({ id: "job_a", fence: 0 }, 0, done("x")), false);
    const first = await claimOne(jobs);
    const answers = await Promise.all(["x", "y"].map((text) => jobs.keepItem(first, 1, done(text))));
    assert.deepEqual(answers.toSorted(), [false, true]);
    assert.equal(await jobs.keepItem(first, 9, done("x")), false);
    assert.deepEqual(await jobs.openPlaces("job_a"), [0, 2]);
    const second = await claimOne(jobs, { nodeId: "node_b", now: noon + minuteMs, leaseUntil: noon + 9 * minuteMs });
    assert.equal(await jobs.keepItem(first, 0, done("late")), false);
    assert.equal(await jobs.keepItem(second, 0, done("z", "failed")), true);
    assert.equal((await jobs.readItem("job_a", 0))?.result, "z");
    assert.equal(await jobs.readItem("job_a", 9), undefined);
    // The job itself is not written.
    assert.ok(await jobs.finish(second, to("completed")));
    assert.equal(await jobs.keepItem(second, 2, done("after the end")), false);
  });

  describe("a thousand items are made at once, summed by how they ended, and forgotten with their job", async ({
    jobs,
  }) => {
    const items = Array.from({ length: 1_000 }, (_, place) => `item ${place}`);
    await enqueue(jobs, sampleJob("job_a", { items }), sampleJob("job_b", { items: ["one"], now: noon + 1 }));
    const held = await claimOne(jobs);
    for (const place of [3, 500, 999])
      await jobs.keepItem(held, place, done("x", place === 3 ? "failed" : "completed"));
    const open = await jobs.openPlaces("job_a");
    assert.deepEqual([open.length, open[3], open.at(-1)], [997, 4, 998]);
    const sums = await jobs.sumItems(["job_a", "job_b", "none"]);
    assert.deepEqual(
      sums.toSorted((one, other) => one.count - other.count),
      [
        { jobId: "job_a", status: "failed", count: 1, costMicros: 5, tokens: 7 },
        { jobId: "job_a", status: "completed", count: 2, costMicros: 10, tokens: 14 },
      ],
    );
    assert.deepEqual(await jobs.sumItems([]), []);
    await jobs.finish(held, to("completed"));
    await jobs.forget(noon + minuteMs);
    assert.deepEqual([await jobs.get("job_a"), await jobs.readItems("job_a")], [undefined, []]);
    assert.equal((await jobs.readItems("job_b")).length, 1);
  });
}
