import assert from "node:assert/strict";
import {
  dayMs,
  hasCode,
  noon,
  readPages,
  sampleBudget,
  sampleEntry,
  sampleRequest,
  sampleUsage,
  toMicros,
} from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const midnight = Date.UTC(2026, 10, 21);

export function describeBudgetRules(describe: Describe): void {
  describe("a budget is made, changed, shown with its figures and deleted", async ({ control }) => {
    const input = sampleBudget({ limit: 500, window: "month", unit: "tokens" });
    const created = await control.createBudget("bud_a", input, noon);
    assert.deepEqual(created, { ...input, id: "bud_a", raise: null, createdAt: noon });
    const figures = { effectiveLimit: 500, spent: 0, reserved: 0, resetsAt: Date.UTC(2026, 11) };
    assert.deepEqual(await control.getBudget("bud_a", noon), { ...created, ...figures });
    assert.deepEqual(await control.updateBudget("bud_a", { limit: 7, shadow: true }), {
      ...created,
      limit: 7,
      shadow: true,
    });
    assert.equal((await control.updateBudget("bud_a", {}))?.limit, 7);
    assert.equal(await control.updateBudget("bud_none", { limit: 1 }), undefined);
    await assert.rejects(control.createBudget("bud_a", input, noon), hasCode("conflict"));
    assert.equal(await control.deleteBudget("bud_a"), true);
    assert.equal(await control.deleteBudget("bud_a"), false);
    assert.equal(await control.getBudget("bud_a", noon), undefined);
  });

  describe("budgets are listed newest first, of all subjects or of one, with their figures", async ({
    control,
    ledger,
  }) => {
    await control.createBudget("bud_1", sampleBudget(), noon + 1);
    await control.createBudget("bud_2", sampleBudget({ subject: "key", subjectId: "key_a", window: "hour" }), noon + 2);
    await control.createBudget("bud_3", sampleBudget({ subject: "key", subjectId: "key_b" }), noon + 2);
    await ledger.reserve(sampleRequest("r", 30));
    const all = await readPages(1, (page) => control.listBudgets(page, noon));
    assert.deepEqual(
      all.map(({ id, reserved }) => [id, reserved]),
      [
        ["bud_3", 0],
        ["bud_2", 30],
        ["bud_1", 30],
      ],
    );
    const ids = async (filter: object): Promise<string[]> =>
      (await control.listBudgets({ limit: 9, ...filter }, noon)).items.map(({ id }) => id);
    assert.deepEqual(await ids({ subject: "key" }), ["bud_3", "bud_2"]);
    assert.deepEqual(await ids({ subject: "key", subjectId: "key_a" }), ["bud_2"]);
    assert.deepEqual(await ids({ subject: "run", subjectId: "key_a" }), []);
  });

  describe("all budgets that apply hold, and a refusal reserves in none", async ({ control, ledger }) => {
    await control.createBudget("bud_project", sampleBudget({ limit: 100 }), noon);
    await control.createBudget("bud_key", sampleBudget({ subject: "key", subjectId: "key_a", limit: 50 }), noon);
    await control.createBudget(
      "bud_run",
      sampleBudget({ subject: "run", subjectId: "run_1", window: "lifetime", limit: 20 }),
      noon,
    );
    await control.createBudget("bud_other", sampleBudget({ subjectId: "prj_b", limit: 0 }), noon);
    assert.deepEqual(await ledger.reserve(sampleRequest("1", 50, { runId: "run_2" })), { kind: "reserved" });
    const refused = await ledger.reserve(sampleRequest("2", 1));
    assert.partialDeepStrictEqual(refused, {
      kind: "over_budget",
      budget: { id: "bud_key", effectiveLimit: 50, spent: 0, reserved: 50, resetsAt: midnight },
    });
    const byRun = await ledger.reserve(sampleRequest("3", 21, { keyId: "key_b", runId: "run_1" }));
    assert.partialDeepStrictEqual(byRun, { kind: "over_budget", budget: { id: "bud_run", resetsAt: null } });
    assert.equal((await control.getBudget("bud_project", noon))?.reserved, 50);
    assert.equal(
      (await ledger.reserve(sampleRequest("4", 0, { projectId: "prj_b", keyId: "key_b" }))).kind,
      "reserved",
    );
  });

  describe("a shadow budget counts and does not refuse", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 10, shadow: true }), noon);
    assert.equal((await ledger.reserve(sampleRequest("1", 25))).kind, "reserved");
    await ledger.settle("1", toMicros(24), sampleUsage("1", 24), sampleEntry("request:1"));
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), {
      spent: 24,
      reserved: 0,
      effectiveLimit: 10,
    });
    await control.updateBudget("bud_a", { shadow: false });
    assert.equal((await ledger.reserve(sampleRequest("2", 1))).kind, "over_budget");
  });

  describe("a change of the limit keeps what is spent, and applies at once", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 100 }), noon);
    await ledger.reserve(sampleRequest("1", 60));
    await ledger.settle("1", toMicros(60), sampleUsage("1", 60), sampleEntry("request:1"));
    await control.updateBudget("bud_a", { limit: 50 });
    const refused = await ledger.reserve(sampleRequest("2", 1));
    assert.partialDeepStrictEqual(refused, { kind: "over_budget", budget: { spent: 60, effectiveLimit: 50 } });
    await control.updateBudget("bud_a", { limit: 61 });
    assert.equal((await ledger.reserve(sampleRequest("3", 1))).kind, "reserved");
  });

  describe("a raise holds until its end and can be ended before", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 10 }), noon);
    const raised = await control.updateBudget("bud_a", { raise: { amount: 5, until: noon + 100 } });
    assert.deepEqual([raised?.limit, raised?.raise], [10, { amount: 5, until: noon + 100 }]);
    const reserve = async (id: string, micros: number, now: number): Promise<string> =>
      (await ledger.reserve(sampleRequest(id, micros, { now }))).kind;
    assert.equal(await reserve("1", 15, noon + 99), "reserved");
    assert.equal((await control.getBudget("bud_a", noon + 99))?.effectiveLimit, 15);
    assert.equal((await control.getBudget("bud_a", noon + 100))?.effectiveLimit, 10);
    assert.equal(await reserve("2", 0, noon + 100), "over_budget");
    await control.updateBudget("bud_a", { raise: { amount: 50, until: noon + 1000 } });
    assert.equal(await reserve("3", 1, noon + 200), "reserved");
    assert.equal((await control.updateBudget("bud_a", { raise: null }))?.raise, null);
    assert.equal(await reserve("4", 1, noon + 300), "over_budget");
  });

  describe("what is reserved before midnight is settled in its own day, and the next day begins at zero", async ({
    control,
    ledger,
  }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 100 }), noon);
    await ledger.reserve(sampleRequest("1", 100, { now: midnight - 1, leaseUntil: midnight + dayMs }));
    assert.equal((await ledger.reserve(sampleRequest("2", 1, { now: midnight - 1 }))).kind, "over_budget");
    assert.equal((await ledger.reserve(sampleRequest("3", 70, { now: midnight }))).kind, "reserved");
    const usage = sampleUsage("1", 90, { at: midnight + 5 });
    await ledger.settle("1", toMicros(90), usage, sampleEntry("request:1", { at: midnight + 5 }));
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), {
      spent: 90,
      reserved: 0,
      resetsAt: midnight,
    });
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", midnight), { spent: 0, reserved: 70 });
  });

  describe("a budget that is deleted while it holds reservations disturbs nothing", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget(), noon);
    await control.createBudget("bud_b", sampleBudget({ limit: 200 }), noon);
    await ledger.reserve(sampleRequest("1", 40));
    await ledger.reserve(sampleRequest("2", 40));
    assert.equal(await control.deleteBudget("bud_a"), true);
    assert.deepEqual(await ledger.extend("1", toMicros(80), noon), { kind: "reserved" });
    assert.equal(await ledger.settle("1", toMicros(110), sampleUsage("1", 110), sampleEntry("request:1")), true);
    assert.equal(await ledger.expire(noon + dayMs), 1);
    assert.partialDeepStrictEqual(await control.getBudget("bud_b", noon), { spent: 110, reserved: 0 });
    await control.createBudget("bud_a", sampleBudget(), noon);
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), { spent: 0, reserved: 0 });
  });
}
