import assert from "node:assert/strict";
import { readVerifiedAudit } from "./audit-conformance.ts";
import { noon, sampleBudget, sampleEntry } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

/** An administrator's change and its row of the audit. */
export function describeChanges(describe: Describe): void {
  describe("a change and its audit row are committed together; what changes nothing has none", async (store) => {
    const change = (target: string) => store.audited(sampleEntry(target));
    const made = change("project:prj_a");
    await made.control.createProject("prj_a", { name: "a" }, noon);
    // Only the first write takes the entry.
    await made.control.updateProject("prj_a", { name: "b" });
    assert.equal(made.recorded(), true);

    const taken = change("project:prj_b");
    await assert.rejects(taken.control.createProject("prj_b", { name: "b" }, noon), { name: "FailureError" });
    const missing = change("project:none");
    assert.equal(await missing.control.updateProject("none", { name: "c" }), undefined);
    assert.equal(await missing.control.deleteBudget("none"), false);
    assert.deepEqual([taken.recorded(), missing.recorded()], [false, false]);

    const unfit = store.audited({ ...sampleEntry("project:prj_c"), actor: null as never });
    await assert.rejects(unfit.control.createProject("prj_c", { name: "c" }, noon));
    assert.equal(await store.control.findProject("prj_c"), undefined, "without its row there is no change");

    // One that was refused may still be made.
    await taken.control.createProject("prj_b", { name: "c" }, noon);
    const budget = change("budget:bud_a");
    await budget.control.createBudget("bud_a", sampleBudget({ limit: 5 }), noon);
    const deleted = change("budget:bud_a");
    assert.equal(await deleted.control.deleteBudget("bud_a"), true);
    assert.deepEqual(
      (await readVerifiedAudit(store.audit)).map(({ target }) => target),
      ["project:prj_a", "project:prj_b", "budget:bud_a", "budget:bud_a"],
    );
  });

  describe("changes and other rows that come at once make one chain", async (store) => {
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const { control } = store.audited(sampleEntry(`project:prj_${index}`));
        await Promise.all([
          control.createProject(`prj_${index}`, { name: `team-${index}` }, noon),
          store.audit.append(sampleEntry(`key:${index}`)),
        ]);
      }),
    );
    assert.equal((await readVerifiedAudit(store.audit)).length, 24);
  });

  describe("after a crash in the midst of changes each has its row, and each row its change", async (store, tested) => {
    const [first, ...rest] = Array.from({ length: 40 }, (_, index) =>
      store
        .audited(sampleEntry(`project:prj_${index}`))
        .control.createProject(`prj_${index}`, { name: `team-${index}` }, noon),
    );
    // Whether it was committed nobody is told.
    const ended = Promise.allSettled(rest);
    await first;
    const reopened = await tested.crash();
    await ended;
    const recorded = (await readVerifiedAudit(reopened.audit)).map(({ target }) => target);
    const projects = (await reopened.control.listProjects({ limit: 100 })).items.map(({ id }) => `project:${id}`);
    assert.deepEqual(recorded.toSorted(), projects.filter((id) => id !== "project:prj_default").toSorted());
    assert.ok(recorded.includes("project:prj_0"));
  });
}
