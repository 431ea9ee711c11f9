import assert from "node:assert/strict";
import type { NewSchedule, StoredSchedule } from "../../../../core/ports/schedule-store.ts";
import { bounds, sampleJob } from "./job-samples.ts";
import { hasCode, noon, readPages, sampleEntry } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

function sample(id: string, changes: Partial<NewSchedule> = {}): NewSchedule {
  return { id, projectId: "prj_a", keyId: "key_a", dueAt: noon, body: `{"id":"${id}"}`, createdAt: noon, ...changes };
}

const toChange = (row: StoredSchedule, changes: Partial<StoredSchedule> = {}) => ({
  ...row,
  ...changes,
  now: noon + 5,
});

export function describeSchedules(describe: Describe): void {
  describe("a schedule is made once, and found", async ({ schedules }) => {
    const made = await schedules.create(sample("sched_a", { body: "with a \0 in it" }));
    assert.deepEqual(made, { ...sample("sched_a"), body: made.body, version: 1, updatedAt: noon });
    assert.deepEqual(await schedules.create(sample("sched_a", { body: "other" })), made);
    assert.deepEqual(await schedules.get("sched_a"), made);
    assert.equal(await schedules.get("none"), undefined);
    assert.deepEqual([await schedules.count("prj_a"), await schedules.count("prj_b")], [1, 0]);
    assert.equal(await schedules.remove("sched_a"), true);
    assert.equal(await schedules.remove("sched_a"), false);
  });

  describe("of changes of a schedule at one time one is made", async ({ schedules }) => {
    const made = await schedules.create(sample("sched_a"));
    const tries = ["1", "2", "3"].map((body) => schedules.change("sched_a", 1, toChange(made, { body, dueAt: null })));
    const [won, ...others] = (await Promise.all(tries)).filter((row) => row !== undefined);
    assert.equal(others.length, 0);
    assert.partialDeepStrictEqual(won, { version: 2, dueAt: null, updatedAt: noon + 5 });
    assert.deepEqual(await schedules.get("sched_a"), won);
    assert.equal(await schedules.change("none", 1, toChange(made)), undefined);
  });

  describe("a change that lost against another has no row of the audit", async ({ audited, schedules }) => {
    const made = await schedules.create(sample("sched_a"));
    const [won, lost] = [audited(sampleEntry("schedule:1")), audited(sampleEntry("schedule:2"))];
    assert.ok((await won.schedules.change("sched_a", 1, toChange(made))) !== undefined);
    assert.equal(await lost.schedules.change("sched_a", 1, toChange(made)), undefined);
    assert.deepEqual([won.recorded(), lost.recorded()], [true, false]);
  });

  describe("schedules that are due are found, the longest waiting first; one that rests never", async ({
    schedules,
  }) => {
    for (const [id, dueAt] of [
      ["late", noon + 3],
      ["b", noon],
      ["a", noon],
      ["first", noon - 5],
      ["rests", null],
    ] as const) {
      await schedules.create(sample(id, { dueAt }));
    }
    const due = async (now: number, limit = 9) => (await schedules.listDue(now, limit)).map(({ id }) => id).join();
    assert.equal(await due(noon + 2), "first,a,b");
    assert.equal(await due(noon + 3, 2), "first,a");
    assert.equal(await due(noon - 6), "");
  });

  describe("schedules are listed newest first, and jobs by the schedule they come from", async ({
    schedules,
    jobs,
  }) => {
    for (const [at, id] of ["1", "2", "3"].entries()) {
      await schedules.create(sample(id, { createdAt: noon + at, projectId: id === "2" ? "prj_b" : "prj_a" }));
    }
    const ids = async (filter: { projectId?: string }) =>
      (await readPages(1, (page) => schedules.list({ ...filter, ...page }))).map(({ id }) => id).join();
    assert.deepEqual([await ids({}), await ids({ projectId: "prj_a" })], ["3,2,1", "3,1"]);
    await assert.rejects(schedules.list({ limit: 2, cursor: "none" }), hasCode("invalid_request"));
    await jobs.enqueue({ ...sampleJob("of_one"), scheduleId: "1" }, bounds);
    await jobs.enqueue(sampleJob("of_none"), bounds);
    const { items } = await jobs.list({ kind: "task", scheduleId: "1", limit: 9 });
    assert.deepEqual(
      items.map(({ id, scheduleId }) => [id, scheduleId]),
      [["of_one", "1"]],
    );
    assert.equal((await jobs.get("of_none"))?.scheduleId, undefined);
  });
}
