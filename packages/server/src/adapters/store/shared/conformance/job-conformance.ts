import assert from "node:assert/strict";
import { bounds, claimIds, claimOne, claimSome as claim, enqueue, sampleJob, toChange as to } from "./job-samples.ts";
import { hasCode, minuteMs, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

export function describeJobs(describe: Describe): void {
  describe("a job is queued once, claimed, noted and finished", async ({ jobs }) => {
    assert.equal(await jobs.enqueue(sampleJob("job_a"), bounds), "queued");
    assert.equal(await jobs.enqueue(sampleJob("job_a", { body: "other" }), bounds), "known");
    assert.equal(await jobs.position("job_a"), 1);
    const claimed = await claimOne(jobs);
    assert.partialDeepStrictEqual(claimed, { id: "job_a", phase: "running", attempts: 1, body: '{"id":"job_a"}' });
    assert.equal(await jobs.position("job_a"), undefined);
    const noted = await jobs.note(claimed, to("running", "with a \0 in it"));
    assert.partialDeepStrictEqual(noted, { status: "running", phase: "running", fence: claimed.fence });
    // The version that it was claimed with is an old one now.
    assert.equal(await jobs.finish(claimed, to("lost")), undefined);
    const held = { id: "job_a", fence: claimed.fence };
    assert.partialDeepStrictEqual(await jobs.finish(held, to("completed", "result")), {
      phase: "done",
      status: "completed",
      body: "result",
      updatedAt: noon + 5,
    });
    assert.equal(await jobs.finish(held, to("failed")), undefined);
    assert.equal((await jobs.get("job_a"))?.status, "completed");
    assert.deepEqual(await claim(jobs, 5), []);
    assert.equal(await jobs.get("none"), undefined);
  });

  describe("news are committed with the change that they tell of, and stay until just they are settled", async ({
    jobs,
  }) => {
    await enqueue(jobs, sampleJob("job_a"), sampleJob("job_b"));
    assert.deepEqual(await jobs.listNews("task", 5), []);
    const claimed = await claimOne(jobs);
    const held = { id: claimed.id, fence: claimed.fence };
    await jobs.note(held, { ...to("asks"), news: "one" });
    assert.equal(await jobs.note({ ...held, fence: claimed.fence + 1 }, { ...to("lost"), news: "lost" }), undefined);
    await jobs.note(held, to("runs"));
    assert.deepEqual(
      (await jobs.listNews("task", 5)).map(({ id, news }) => [id, news]),
      [[claimed.id, "one"]],
    );
    await jobs.finish(held, { ...to("completed"), news: "two" });
    await jobs.settleNews(claimed.id, "one");
    assert.equal((await jobs.listNews("task", 5))[0]?.news, "two");
    assert.deepEqual(await jobs.listNews("batch", 5), []);
    await jobs.settleNews(claimed.id, "two");
    assert.deepEqual(await jobs.listNews("task", 5), []);
  });

  describe("a queue takes so many of all and of a project, and tells when it is full", async ({ jobs }) => {
    const narrow = { mostWaiting: 3, mostOfProject: 2 };
    const put = (id: string, projectId: string) => jobs.enqueue(sampleJob(id, { projectId }), narrow);
    assert.deepEqual(
      [await put("1", "prj_a"), await put("2", "prj_a"), await put("3", "prj_a")].join(),
      "queued,queued,full",
    );
    assert.deepEqual(
      [await put("4", "prj_b"), await put("5", "prj_b"), await put("1", "prj_a")].join(),
      "queued,full,known",
    );
    await claim(jobs, 1);
    const many = await Promise.all(["6", "7", "8"].map((id) => put(id, "prj_c")));
    assert.equal(many.filter((answer) => answer === "queued").length, 1);
  });

  describe("the higher priority goes first, then the older; none before its time", async ({ jobs }) => {
    await enqueue(
      jobs,
      sampleJob("old"),
      sampleJob("young", { now: noon + 1 }),
      sampleJob("late", { priority: 9, notBefore: noon + 100 }),
      sampleJob("urgent", { priority: 1, now: noon + 2 }),
    );
    const seen: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) seen.push(...(await claimIds(jobs, 1)));
    assert.deepEqual(seen, ["urgent", "old", "young"]);
    // The leases of those that run are over before.
    assert.equal(await jobs.nextDue("task"), noon + 100);
    assert.deepEqual(await claimIds(jobs, 1, { now: noon + 100 }), ["late"]);
    assert.equal(await jobs.nextDue("task"), noon + minuteMs);
    assert.equal(await jobs.nextDue("batch"), undefined);
  });

  describe("many that wait of one project do not delay another's by more than one", async ({ jobs }) => {
    for (let id = 0; id < 500; id += 1) await jobs.enqueue(sampleJob(`a${id}`, { now: noon + id }), bounds);
    const [first] = await claim(jobs, 1);
    await enqueue(jobs, sampleJob("b", { projectId: "prj_b", keyId: "key_b", now: noon + 9_000 }));
    assert.equal(await jobs.position("b"), 1);
    assert.ok(first !== undefined && (await jobs.finish(first, to("completed"))) !== undefined);
    assert.deepEqual(await claimIds(jobs, 1), ["b"]);
    // In turn from then on, whoever has the same number running.
    await enqueue(jobs, sampleJob("b2", { projectId: "prj_b", keyId: "key_b", now: noon + 9_001 }));
    const next = await claimOne(jobs, { now: noon + 1 });
    assert.equal(next.projectId, "prj_a");
  });

  describe("no more of a project and of a key run than may, whoever claims at one time", async ({ jobs }) => {
    const limits = { projectLimit: 4, keyLimit: 3 };
    for (let id = 0; id < 20; id += 1) {
      await enqueue(
        jobs,
        sampleJob(`a${id}`, { ...limits, keyId: "key_a" }),
        sampleJob(`b${id}`, { ...limits, keyId: "key_b" }),
      );
    }
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, node) => claim(jobs, 2, { nodeId: `node_${node}` })),
    );
    const running = claims.flat();
    assert.equal(running.length, 4);
    assert.equal(new Set(running.map(({ id }) => id)).size, 4);
    assert.ok(running.filter(({ keyId }) => keyId === "key_a").length <= 3);
    // What a key's limit holds back stands in nobody's way.
    await enqueue(jobs, sampleJob("c", { ...limits, projectLimit: 5, keyId: "key_c", now: noon + 5 }));
    assert.deepEqual(await claimIds(jobs, 5), []);
    await enqueue(jobs, sampleJob("d", { ...limits, projectId: "prj_d", keyId: "key_d" }));
    assert.deepEqual(await claimIds(jobs, 5), ["d"]);
  });

  describe("a job whose lease is over goes to the next, and the one before writes nothing", async ({ jobs }) => {
    await enqueue(jobs, sampleJob("job_a", { projectLimit: 1 }));
    const first = await claimOne(jobs);
    assert.deepEqual(await jobs.renew("node_a", ["job_a", "none"], noon + 2 * minuteMs), ["job_a"]);
    assert.deepEqual(await claim(jobs, 1, { now: noon + minuteMs }), []);
    const second = await claimOne(jobs, {
      nodeId: "node_b",
      now: noon + 2 * minuteMs,
      leaseUntil: noon + 9 * minuteMs,
    });
    assert.deepEqual([second.attempts, second.fence > first.fence], [2, true]);
    assert.deepEqual(await jobs.renew("node_a", ["job_a"], noon + 99 * minuteMs), []);
    for (const write of [jobs.note, jobs.finish])
      assert.equal(await write({ id: "job_a", fence: first.fence }, to("x")), undefined);
    assert.equal(await jobs.putBack({ id: "job_a", fence: first.fence }, { ...to("x"), notBefore: 0 }), undefined);
    const back = await jobs.putBack(second, { ...to("queued"), notBefore: noon + 10 });
    assert.partialDeepStrictEqual(back, { phase: "waiting", notBefore: noon + 10 });
    assert.deepEqual(await claimIds(jobs, 1, { now: noon + 10 }), ["job_a"]);
  });

  describe("a start that knows of no other server takes what its predecessor held, and nothing before its time", async ({
    jobs,
  }) => {
    await enqueue(jobs, sampleJob("left"));
    await claim(jobs, 1);
    await enqueue(jobs, sampleJob("later", { notBefore: noon + 10 }));
    assert.deepEqual(await claimIds(jobs, 5, { now: noon + 1 }), []);
    assert.deepEqual(await claimIds(jobs, 5, { now: noon + 1, leasesOver: noon + minuteMs }), ["left"]);
  });

  describe("of changes at one time one is made, and what runs keeps its phase", async ({ jobs }) => {
    await enqueue(jobs, sampleJob("job_a"));
    const amend = (phase?: "waiting" | "done", version = 1) =>
      jobs.amend("job_a", version, { ...to("changed"), ...(phase !== undefined && { phase }) });
    const answers = await Promise.all([amend("done"), amend("done"), amend()]);
    assert.equal(answers.filter((job) => job !== undefined).length, 1);
    const { version = 0, phase } = (await jobs.get("job_a")) ?? {};
    if (phase === "waiting") assert.ok(await amend("done", version));
    assert.deepEqual(await claim(jobs, 1), []);
    const put = await amend("waiting", (await jobs.get("job_a"))?.version);
    assert.equal(put?.phase, "waiting");
    const held = await claimOne(jobs);
    assert.equal(await amend("done", held.version), undefined);
    assert.partialDeepStrictEqual(await amend(undefined, held.version), { phase: "running", status: "changed" });
  });

  describe("a hold lets nothing begin, and what a dead node left goes on", async ({ jobs }) => {
    await enqueue(jobs, sampleJob("left"));
    await claim(jobs, 1);
    await enqueue(jobs, sampleJob("next"), sampleJob("other", { kind: "batch" }));
    assert.equal(await jobs.heldUntil("task"), 0);
    await jobs.hold("task", noon + 5 * minuteMs);
    await jobs.hold("task", noon + 3 * minuteMs);
    assert.deepEqual(await claimIds(jobs, 5), []);
    assert.deepEqual(await claimIds(jobs, 5, { kind: "batch" }), ["other"]);
    assert.deepEqual(await claimIds(jobs, 5, { now: noon + minuteMs, leaseUntil: noon + 9 * minuteMs }), ["left"]);
    assert.deepEqual([await jobs.heldUntil("task"), await jobs.heldUntil("batch")], [noon + 3 * minuteMs, 0]);
    assert.equal(await jobs.nextDue("task"), noon + 3 * minuteMs);
    assert.deepEqual(await claimIds(jobs, 5, { now: noon + 3 * minuteMs }), ["next"]);
  });

  describe("jobs are listed newest first by what they are, and forgotten when they are done and old", async ({
    jobs,
  }) => {
    for (const [at, id] of ["1", "2", "3", "4"].entries()) {
      await enqueue(
        jobs,
        sampleJob(id, { now: noon + at, projectId: id === "3" ? "prj_b" : "prj_a", status: `s${at}` }),
      );
    }
    const ids = async (filter: { projectId?: string; keyId?: string; status?: string }) =>
      (await readPages(2, (page) => jobs.list({ kind: "task", ...filter, ...page }))).map(({ id }) => id).join();
    assert.equal(await ids({}), "4,3,2,1");
    assert.equal(await ids({ projectId: "prj_a" }), "4,2,1");
    assert.equal(await ids({ status: "s1" }), "2");
    assert.equal(await ids({ keyId: "key_x" }), "");
    await assert.rejects(jobs.list({ kind: "task", limit: 2, cursor: "none" }), hasCode("invalid_request"));
    await jobs.amend("1", 1, { ...to("cancelled"), phase: "done" });
    await jobs.forget(noon + 5);
    assert.equal(await ids({}), "4,3,2,1");
    await jobs.forget(noon + 6);
    assert.equal(await ids({}), "4,3,2");
  });
}
