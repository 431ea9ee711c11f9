import assert from "node:assert/strict";
import type { NewRun } from "../../../../core/ports/run-store.ts";
import { hasCode, noon, readPages, sampleEntry, sampleUsage } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

function sampleRun(id: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    id,
    tokenHash: `hash-${id}`,
    projectId: "prj_a",
    keyId: "key_a",
    models: ["*"],
    createdAt: noon,
    expiresAt: noon + 5,
    metadata: {},
    profile: "free@1",
    budgetId: null,
    ...changes,
  };
}

export function describeRuns(describe: Describe): void {
  describe("a run is shown without the hash of its token, and found with it", async ({ runs }) => {
    const input = sampleRun("run_a", { models: ["haiku", "claude-*"], metadata: { job: "7" }, budgetId: "bud_a" });
    const created = await runs.create(input);
    const { tokenHash, ...shown } = input;
    assert.deepEqual(created, { ...shown, state: "open", endedAt: null });
    assert.deepEqual(await runs.find("run_a"), { ...created, tokenHash });
    assert.equal(await runs.find("run_none"), undefined);
    assert.equal(await runs.find("run\0_a"), undefined);
  });

  describe("an id of a run that is taken is refused, and the first run stays", async ({ runs }) => {
    const first = await runs.create(sampleRun("run_a"));
    await assert.rejects(runs.create(sampleRun("run_a", { tokenHash: "other" })), hasCode("conflict"));
    assert.deepEqual(await runs.find("run_a"), { ...first, tokenHash: "hash-run_a" });
  });

  describe("a run ends once and for good", async ({ runs }) => {
    const created = await runs.create(sampleRun("run_a"));
    const ended = { ...created, state: "ended", endedAt: noon + 1 };
    assert.deepEqual(await runs.end("run_a", noon + 1), ended);
    assert.deepEqual(await runs.end("run_a", noon + 2), ended);
    await runs.setBudgetReached("run_a", true);
    assert.equal((await runs.find("run_a"))?.state, "ended");
    assert.equal(await runs.end("run_none", noon), undefined);
  });

  describe("a run whose budget is reached is open again when that is taken back", async ({ runs }) => {
    await runs.create(sampleRun("run_a"));
    await runs.create(sampleRun("run_b"));
    const states = async () => [(await runs.find("run_a"))?.state, (await runs.find("run_b"))?.state];
    await runs.setBudgetReached("run_a", true);
    assert.deepEqual(await states(), ["budget_reached", "open"]);
    await runs.setBudgetReached("run_a", true);
    assert.deepEqual(await states(), ["budget_reached", "open"]);
    await runs.setBudgetReached("run_a", false);
    assert.deepEqual(await states(), ["open", "open"]);
    await runs.setBudgetReached("run_none", true);
  });

  describe("runs are listed newest first, of all projects or of one", async ({ runs }) => {
    for (const index of [1, 2, 3, 4]) {
      const projectId = index % 2 === 0 ? "prj_b" : "prj_a";
      await runs.create(sampleRun(`run_${index}`, { projectId, createdAt: noon + Math.min(index, 3) }));
    }
    const list = async (projectId?: string): Promise<string[]> => {
      const found = await readPages(1, (page) => runs.list(projectId === undefined ? page : { ...page, projectId }));
      return found.map(({ id }) => id);
    };
    assert.deepEqual(await list(), ["run_4", "run_3", "run_2", "run_1"]);
    assert.deepEqual(await list("prj_b"), ["run_4", "run_2"]);
    assert.deepEqual(await list("prj_none"), []);
    await assert.rejects(runs.list({ limit: 1, cursor: "run_none" }), hasCode("invalid_request"));
  });

  describe("what a run has used is found by its id", async ({ usage, ledger }) => {
    const rows = [
      sampleUsage("1", 1, { runId: "run_a" }),
      sampleUsage("2", 2, { runId: "run_a", outcome: "failed" }),
      sampleUsage("3", 4, { runId: "run_b" }),
      sampleUsage("4", 8),
    ];
    for (const row of rows) await ledger.record(row, sampleEntry(`request:${row.id}`));
    const of = { from: 0, to: noon + 1, runId: "run_a" };
    assert.partialDeepStrictEqual(await usage.sum(of, "project"), [{ group: "prj_a", requests: 2, costMicros: 3 }]);
    const { items } = await usage.list(of, { limit: 9 });
    assert.deepEqual(
      items.map(({ id }) => id),
      ["2", "1"],
    );
    assert.deepEqual(await usage.sum({ ...of, runId: "run_none" }, "project"), []);
  });
}
