import assert from "node:assert/strict";
import fc from "fast-check";
import type { Job } from "../../../../core/ports/job-queue.ts";
import { bounds, claimSome as claim, sampleJob, toChange as to } from "./job-samples.ts";
import { noon } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

export function describeJobProperties(describe: Describe): void {
  describe("whatever comes in whatever order: each job ends once, by whoever holds it", async (store) => {
    let run = 0;
    const step = fc.record({
      what: fc.constantFrom("enqueue", "claim", "finish", "putBack", "lapse"),
      one: fc.nat({ max: 5 }),
      node: fc.nat({ max: 2 }),
    });
    const property = fc.asyncProperty(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 10 }), async (rounds) => {
      run += 1;
      const mine = `r${run}`;
      const held = new Map<string, Job[]>();
      const ended = new Map<string, number>();
      let now = noon;
      for (const steps of rounds) {
        await Promise.all(
          steps.map(async ({ what, one, node }) => {
            const id = `${mine}.${one}`;
            if (what === "enqueue")
              await store.jobs.enqueue(sampleJob(id, { projectId: mine, projectLimit: 2 }), bounds);
            if (what === "claim") {
              const nodeId = `${mine}.${node}`;
              for (const job of await claim(store.jobs, 2, { nodeId, now, leaseUntil: now + 1_000 })) {
                held.set(job.id, [...(held.get(job.id) ?? []), job]);
              }
            }
            for (const { fence } of what === "finish" ? (held.get(id) ?? []) : []) {
              if ((await store.jobs.finish({ id, fence }, to("done"))) !== undefined)
                ended.set(id, (ended.get(id) ?? 0) + 1);
            }
            const last = held.get(id)?.at(-1);
            if (what === "putBack" && last !== undefined) {
              await store.jobs.putBack({ id, fence: last.fence }, { ...to("queued"), notBefore: 0 });
            }
          }),
        );
        const all = (await store.jobs.list({ kind: "task", projectId: mine, limit: 100 })).items;
        assert.ok(all.filter(({ phase }) => phase === "running").length <= 2);
        for (const { id, phase } of all) assert.equal(ended.get(id) ?? 0, phase === "done" ? 1 : 0, id);
        if (steps.some(({ what }) => what === "lapse")) now += 1_000;
      }
      // What is left is ended, so that the next run finds nothing of this one.
      for (let left = await claim(store.jobs, 100, { now: now + 9_000 }); left.length > 0;) {
        for (const job of left) await store.jobs.finish(job, to("done"));
        left = await claim(store.jobs, 100, { now: now + 9_000 });
      }
    });
    await fc.assert(property, { numRuns: 30 });
  });
}
