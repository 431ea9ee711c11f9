import assert from "node:assert/strict";
import { readVerifiedAudit } from "./audit-conformance.ts";
import { dayMs, minuteMs, noon, sampleBudget, sampleEntry, sampleRequest, sampleUsage, toMicros } from "./samples.ts";
import type { Describe } from "./store-under-test.ts";

const all = { from: 0, to: noon * 2 };

export function describeLeases(describe: Describe): void {
  describe("a reservation whose lease is over is lost: nothing stays reserved, and a row says so", async (store) => {
    const { control, ledger, usage, audit } = store;
    await control.createBudget("bud_a", sampleBudget(), noon);
    await ledger.reserve(sampleRequest("1", 60, { runId: "run_1" }));
    await ledger.extend("1", toMicros(10), noon);
    assert.equal(await ledger.expire(noon + minuteMs - 1), 0);
    const ended = await Promise.all([ledger.expire(noon + minuteMs), ledger.expire(noon + minuteMs)]);
    assert.deepEqual(ended.toSorted(), [0, 1]);
    assert.partialDeepStrictEqual(await control.getBudget("bud_a", noon), { spent: 0, reserved: 0 });
    const [row] = (await usage.list(all, { limit: 5 })).items;
    assert.partialDeepStrictEqual(row, {
      id: "1",
      at: noon + minuteMs,
      runId: "run_1",
      costMicros: null,
      outcome: "lost",
      latencyMs: minuteMs,
    });
    assert.partialDeepStrictEqual(await readVerifiedAudit(audit), [
      { actor: "system", action: "reservation.expired", target: "request:1", result: "failed", detail: "node node-a" },
    ]);
    assert.deepEqual(await ledger.extend("1", toMicros(1), noon), { kind: "settled" });
  });

  describe("a settlement after the lease ran out is booked where it ends, once, in place of the lost row", async (store) => {
    const { control, ledger, usage } = store;
    await control.createBudget("bud_a", sampleBudget(), noon);
    await ledger.reserve(sampleRequest("1", 60));
    await ledger.expire(noon + minuteMs);
    const row = sampleUsage("1", 33, { at: noon + dayMs });
    const settle = (): Promise<boolean> => ledger.settle("1", toMicros(33), row, sampleEntry("request:1"));
    assert.deepEqual([await settle(), await settle()], [true, false]);
    assert.deepEqual((await usage.list(all, { limit: 5 })).items, [row]);
    assert.equal((await control.getBudget("bud_a", noon))?.spent, 0);
    assert.equal((await control.getBudget("bud_a", noon + dayMs))?.spent, 33);
  });

  describe("a renewal keeps the reservations of its node and of no other", async ({ ledger }) => {
    await ledger.reserve(sampleRequest("1", 1));
    await ledger.reserve(sampleRequest("2", 1, { nodeId: "node-b" }));
    await ledger.renew("node-a", noon + 3 * minuteMs);
    await ledger.renew("node-none", noon + dayMs);
    assert.equal(await ledger.expire(noon + 2 * minuteMs), 1);
    assert.deepEqual(await ledger.extend("1", toMicros(1), noon), { kind: "reserved" });
    assert.deepEqual(await ledger.extend("2", toMicros(1), noon), { kind: "settled" });
  });

  describe("an extension after a renewal does not bring the old lease back", async ({ ledger }) => {
    await ledger.reserve(sampleRequest("1", 1));
    await Promise.all([ledger.renew("node-a", noon + 3 * minuteMs), ledger.extend("1", toMicros(1), noon)]);
    await ledger.extend("1", toMicros(1), noon);
    assert.equal(await ledger.expire(noon + 2 * minuteMs), 0);
    assert.equal(await ledger.expire(noon + 3 * minuteMs), 1);
  });

  describe("a renewal that comes late shortens no lease", async ({ ledger }) => {
    await ledger.reserve(sampleRequest("1", 1));
    await ledger.renew("node-a", noon + 3 * minuteMs);
    await ledger.renew("node-a", noon + 2 * minuteMs);
    assert.equal(await ledger.expire(noon + 2 * minuteMs), 0);
  });

  describe("an end of a lease frees a place among the open requests of a key", async ({ ledger }) => {
    await ledger.reserve(sampleRequest("1", 1, { concurrent: 1 }));
    assert.equal((await ledger.reserve(sampleRequest("2", 1, { concurrent: 1 }))).kind, "too_many_open");
    await ledger.expire(noon + minuteMs);
    assert.equal((await ledger.reserve(sampleRequest("2", 1, { concurrent: 1 }))).kind, "reserved");
  });

  describe("the leases of a node that crashed run out on the next one, many at once", async ({
    control,
    ledger,
    ping,
  }, tested) => {
    await control.createBudget("bud_a", sampleBudget({ limit: 1000 }), noon);
    await Promise.all(Array.from({ length: 500 }, (_, index) => ledger.reserve(sampleRequest(`r${index}`, 2))));
    // What was told a moment ago may still have been on its way to the disk.
    await ping();
    const reopened = await tested.crash();
    assert.equal((await reopened.control.getBudget("bud_a", noon))?.reserved, 1000);
    await reopened.ledger.reserve(sampleRequest("late", 0, { nodeId: "node-b", leaseUntil: noon + dayMs }));
    assert.equal(await reopened.ledger.expire(noon + minuteMs), 500);
    assert.partialDeepStrictEqual(await reopened.control.getBudget("bud_a", noon), { spent: 0, reserved: 0 });
    assert.equal((await readVerifiedAudit(reopened.audit)).length, 500);
  });
}
