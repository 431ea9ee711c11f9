import assert from "node:assert/strict";
import type { ReserveOutcome } from "../../../../core/ports/ledger.ts";
import { readVerifiedAudit } from "./audit-conformance.ts";
import { hasCode, noon, sampleBudget, sampleEntry, sampleRequest, sampleUsage, toMicros } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const all = { from: 0, to: noon * 2 };

export function describeLedger(describe: Describe): void {
  describe("a settlement books the real figures, frees the rest, and writes usage and audit with it", async (store) => {
    const { control, ledger, usage, audit } = store;
    await control.createBudget("bud_micros", sampleBudget(), noon);
    await control.createBudget("bud_tokens", sampleBudget({ unit: "tokens" }), noon);
    await ledger.reserve(sampleRequest("1", 60, { amounts: { micros: 60, tokens: 9 } }));
    assert.partialDeepStrictEqual(await control.getBudget("bud_tokens", noon), { spent: 0, reserved: 9 });
    const row = sampleUsage("1", 41, { latencyMs: 12.6, firstTokenMs: 3.2 });
    assert.equal(await ledger.settle("1", { micros: 41, tokens: 8 }, row, sampleEntry("request:1")), true);
    assert.partialDeepStrictEqual(await control.getBudget("bud_micros", noon), { spent: 41, reserved: 0 });
    assert.partialDeepStrictEqual(await control.getBudget("bud_tokens", noon), { spent: 8, reserved: 0 });
    const rows = (await usage.list(all, { limit: 5 })).items;
    assert.deepEqual(rows, [{ ...row, latencyMs: 13, firstTokenMs: 3 }]);
    assert.equal((await audit.read({ target: "request:1" }, 0, 5)).length, 1);
  });

  describe("a repeated reservation reserves once", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget(), noon);
    const repeated = Array.from({ length: 8 }, () => ledger.reserve(sampleRequest("1", 60)));
    for (const outcome of await Promise.all(repeated)) assert.deepEqual(outcome, { kind: "reserved" });
    assert.equal((await control.getBudget("bud_a", noon))?.reserved, 60);
  });

  describe("a repeated settlement books once, and a settled request cannot be reserved again", async (store) => {
    const { control, ledger, audit } = store;
    await control.createBudget("bud_a", sampleBudget(), noon);
    await ledger.reserve(sampleRequest("1", 60));
    const settle = (): Promise<boolean> =>
      ledger.settle("1", toMicros(50), sampleUsage("1", 50), sampleEntry("request:1"));
    const outcomes = await Promise.all([settle(), settle(), settle()]);
    assert.equal(outcomes.filter(Boolean).length, 1);
    assert.equal(await settle(), false);
    assert.deepEqual(await ledger.reserve(sampleRequest("1", 1)), { kind: "settled" });
    assert.deepEqual(await ledger.extend("1", toMicros(1), noon), { kind: "settled" });
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), { spent: 50, reserved: 0 });
    assert.equal((await readVerifiedAudit(audit)).length, 1);
  });

  describe("a settlement above what was reserved is booked in full", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 100 }), noon);
    await ledger.reserve(sampleRequest("1", 10));
    await ledger.settle("1", toMicros(130), sampleUsage("1", 130), sampleEntry("request:1"));
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), { spent: 130, reserved: 0 });
    assert.equal((await ledger.reserve(sampleRequest("2", 0))).kind, "over_budget");
  });

  describe("an extension adds to a reservation or leaves it as it was", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 100 }), noon);
    await control.createBudget("bud_key", sampleBudget({ subject: "key", subjectId: "key_a", limit: 1000 }), noon);
    await ledger.reserve(sampleRequest("1", 60));
    assert.deepEqual(await ledger.extend("1", toMicros(40), noon), { kind: "reserved" });
    const refused = await ledger.extend("1", toMicros(1), noon);
    assert.partialDeepStrictEqual(refused, { kind: "over_budget", budget: { id: "bud_a", reserved: 100 } });
    assert.equal((await control.getBudget("bud_key", noon))?.reserved, 100);
    assert.deepEqual(await ledger.extend("none", toMicros(1), noon), { kind: "unknown" });
    await ledger.settle("1", toMicros(95), sampleUsage("1", 95), sampleEntry("request:1"));
    assert.partialDeepStrictEqual(await control.getBudget("bud_key", noon), { spent: 95, reserved: 0 });
  });

  describe("64 reservations at once never go over the limit", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 100 }), noon);
    const racing = Array.from({ length: 64 }, (_, index) => ledger.reserve(sampleRequest(`r${index}`, 7)));
    const outcomes = await Promise.all(racing);
    assert.equal(outcomes.filter(({ kind }) => kind === "reserved").length, 14);
    assert.equal((await control.getBudget("bud_a", noon))?.reserved, 98);
    for (const outcome of outcomes) {
      if (outcome.kind !== "reserved") assert.ok(outcome.kind === "over_budget" && outcome.budget.reserved <= 100);
    }
  });

  describe("a key has only so many requests open at one time", async ({ ledger }) => {
    const reserve = (id: string, changes: object = {}): Promise<ReserveOutcome> =>
      ledger.reserve(sampleRequest(id, 1, { concurrent: 3, ...changes }));
    const outcomes = await Promise.all(["1", "2", "3", "4", "5"].map((id) => reserve(id)));
    assert.equal(outcomes.filter(({ kind }) => kind === "reserved").length, 3);
    assert.deepEqual(
      outcomes.find(({ kind }) => kind !== "reserved"),
      { kind: "too_many_open", open: 3 },
    );
    assert.equal((await reserve("other", { keyId: "key_b" })).kind, "reserved");
    const open = ["1", "2", "3", "4", "5"].find((_, index) => outcomes[index]?.kind === "reserved") ?? "";
    await ledger.settle(open, toMicros(1), sampleUsage(open, 1), sampleEntry(`request:${open}`));
    assert.equal((await reserve("6")).kind, "reserved");
    assert.deepEqual(await reserve("7"), { kind: "too_many_open", open: 3 });
  });

  describe("a record is written once, and never for a request that is reserved", async ({ ledger, usage, audit }) => {
    const record = (id: string): Promise<boolean> =>
      ledger.record(sampleUsage(id, 0, { outcome: "cached" }), sampleEntry(`request:${id}`));
    await ledger.reserve(sampleRequest("open", 1));
    const outcomes = await Promise.all([record("1"), record("1"), record("open"), record("2")]);
    assert.equal(outcomes.filter(Boolean).length, 2);
    assert.equal(outcomes[2], false);
    assert.equal(await record("2"), false);
    assert.equal((await usage.list(all, { limit: 5 })).items.length, 2);
    assert.equal((await readVerifiedAudit(audit)).length, 2);
  });

  describe("a settlement of what was never reserved is booked where it ends", async ({ control, ledger }) => {
    await control.createBudget("bud_a", sampleBudget(), noon);
    assert.equal(await ledger.settle("1", toMicros(5), sampleUsage("1", 5), sampleEntry("request:1")), true);
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), { spent: 5, reserved: 0 });
  });

  describe("figures that are no whole numbers fail by themselves, not what waits beside them", async (store) => {
    const { control, ledger } = store;
    await control.createBudget("bud_a", sampleBudget(), noon);
    const wrong = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53];
    const results = await Promise.allSettled([
      ledger.reserve(sampleRequest("good", 10)),
      ...wrong.map((micros, index) => ledger.reserve(sampleRequest(`bad${index}`, micros))),
      ledger.settle("good", toMicros(-5), sampleUsage("good", 5), sampleEntry("request:good")),
      ledger.record(sampleUsage("bad", 0.5), sampleEntry("request:bad")),
      ledger.reserve(sampleRequest("also good", 20)),
    ]);
    const fulfilled = results.flatMap((result, index) => (result.status === "fulfilled" ? [index] : []));
    assert.deepEqual(fulfilled, [0, results.length - 1]);
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), { spent: 0, reserved: 30 });
  });

  describe("what resolved is there after a crash", async ({ control, ledger, kind }, tested) => {
    await control.createBudget("bud_a", sampleBudget(), noon);
    await ledger.reserve(sampleRequest("1", 60));
    await ledger.reserve(sampleRequest("2", 10));
    await ledger.settle("1", toMicros(50), sampleUsage("1", 50), sampleEntry("request:1"));
    const reopened = await tested.crash();
    assert.equal(reopened.kind, kind);
    assert.partialDeepStrictEqual(await reopened.control.getBudget("bud_a", noon), { spent: 50, reserved: 10 });
    assert.equal((await reopened.ledger.reserve(sampleRequest("3", 41))).kind, "over_budget");
    assert.deepEqual(await reopened.ledger.reserve(sampleRequest("2", 10)), { kind: "reserved" });
    assert.deepEqual(await reopened.ledger.reserve(sampleRequest("1", 1)), { kind: "settled" });
    assert.equal((await readVerifiedAudit(reopened.audit)).length, 1);
  });

  describe("a store answers a ping, closes twice, and serves nothing after", async (store) => {
    assert.ok((await store.ping()) >= 0);
    await Promise.all([store.close(), store.close()]);
    await assert.rejects(store.ping(), hasCode("store_unavailable"));
    await assert.rejects(store.ledger.reserve(sampleRequest("1", 1)), hasCode("store_unavailable"));
    await assert.rejects(store.usage.sum(all, "day"), hasCode("store_unavailable"));
    await assert.rejects(store.control.findProject("default"), hasCode("store_unavailable"));
  });
}
