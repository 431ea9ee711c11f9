import assert from "node:assert/strict";
import { hasCode, noon, readPages } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

export function describeProjects(describe: Describe): void {
  describe("a new store holds the default project, with its cache off", async ({ control }) => {
    const project = await control.findProject("default");
    assert.equal(project?.id, "prj_default");
    assert.equal(project.cache.enabled, false);
    assert.equal(project.archivedAt, null);
  });

  describe("a project is found by its id and by its name", async ({ control }) => {
    const created = await control.createProject(
      "prj_a",
      { name: "Team A", metadata: { owner: "o'hara \u0000 \ud800" } },
      noon,
    );
    assert.deepEqual(created, {
      id: "prj_a",
      name: "Team A",
      metadata: { owner: "o'hara \u0000 \ud800" },
      aliases: {},
      cache: { enabled: false, maxAgeSeconds: 3600 },
      createdAt: noon,
      archivedAt: null,
    });
    assert.deepEqual(await control.findProject("prj_a"), created);
    assert.deepEqual(await control.findProject("Team A"), created);
    assert.equal(await control.findProject("team a"), undefined);
  });

  describe("an id goes before a name that reads like it", async ({ control }) => {
    await control.createProject("prj_b", { name: "prj_a" }, noon);
    await control.createProject("prj_a", { name: "b" }, noon);
    assert.equal((await control.findProject("prj_a"))?.id, "prj_a");
  });

  describe("an update changes only what it names", async ({ control }) => {
    const created = await control.createProject("prj_a", { name: "a", aliases: { fast: "haiku" } }, noon);
    const cache = { enabled: true, maxAgeSeconds: 60 };
    assert.deepEqual(await control.updateProject("prj_a", { cache }), { ...created, cache });
    assert.deepEqual(await control.updateProject("prj_a", {}), { ...created, cache });
    assert.deepEqual((await control.updateProject("prj_a", { name: "b", aliases: {} }))?.aliases, {});
    assert.equal(await control.findProject("a"), undefined);
    assert.equal(await control.updateProject("prj_none", { name: "c" }), undefined);
    assert.equal(await control.updateProject("prj_none", {}), undefined);
  });

  describe("a name that is taken is refused, for a new project and for a change", async ({ control }) => {
    await control.createProject("prj_a", { name: "a" }, noon);
    await control.createProject("prj_b", { name: "b" }, noon);
    await assert.rejects(control.createProject("prj_c", { name: "a" }, noon), hasCode("conflict"));
    await assert.rejects(control.updateProject("prj_b", { name: "a" }), hasCode("conflict"));
    assert.equal(await control.findProject("prj_c"), undefined);
    assert.equal((await control.findProject("prj_b"))?.name, "b");
  });

  describe("of many that take one name at once, one gets it", async ({ control }) => {
    const tries = Array.from({ length: 16 }, (_, index) => control.createProject(`prj_${index}`, { name: "a" }, noon));
    const made = (await Promise.allSettled(tries)).filter(({ status }) => status === "fulfilled");
    assert.equal(made.length, 1);
  });

  describe("a project is archived once; the first time stays", async ({ control }) => {
    await control.createProject("prj_a", { name: "a" }, noon);
    assert.equal((await control.archiveProject("prj_a", noon + 1))?.archivedAt, noon + 1);
    assert.equal((await control.archiveProject("prj_a", noon + 2))?.archivedAt, noon + 1);
    assert.equal(await control.archiveProject("prj_none", noon), undefined);
  });

  describe("projects are listed newest first, a page at a time, each once", async ({ control }) => {
    for (const index of [1, 2, 3, 4, 5, 6, 7]) {
      // Three of them at one time, where the id decides.
      await control.createProject(`prj_${index}`, { name: `p${index}` }, noon + Math.min(index, 5));
    }
    const all = (await control.listProjects({ limit: 100 })).items;
    const expected = ["prj_7", "prj_6", "prj_5", "prj_4", "prj_3", "prj_2", "prj_1"];
    assert.deepEqual(
      all.map(({ id }) => id).filter((id) => id !== "prj_default"),
      expected,
    );
    for (const limit of [1, 2, 4, 8]) {
      assert.deepEqual(await readPages(limit, (page) => control.listProjects(page)), all, `pages of ${limit}`);
    }
  });

  describe("a cursor that no list gave is refused", async ({ control }) => {
    for (const cursor of ["", "prj_none", "a\0b", "'; drop table projects; --"]) {
      await assert.rejects(control.listProjects({ limit: 2, cursor }), hasCode("invalid_request"));
    }
  });

  describe("strange text finds nothing and breaks nothing", async ({ control }) => {
    for (const text of ["", "\0", "a\0", "\ud800", "%", "_", "'", "\u{1F600}", "x".repeat(100_000)]) {
      assert.equal(await control.findProject(text), undefined);
      assert.equal(await control.findKey(text), undefined);
      assert.equal(await control.getKey(text), undefined);
      assert.equal(await control.findProfile(text), undefined);
      assert.equal(await control.getBudget(text, noon), undefined);
      assert.deepEqual((await control.listKeys({ limit: 5, projectId: text })).items, []);
      assert.deepEqual((await control.listBudgets({ limit: 5, subjectId: text }, noon)).items, []);
    }
  });
}
