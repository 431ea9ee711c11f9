import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { reserve, settle } from "../../../core/budgets/ledger-operations.ts";
import { noon, sampleEntry, sampleRequest, sampleUsage, toMicros } from "../shared/conformance/samples.ts";
import type { Database } from "../shared/schema.ts";
import type { LoadedRows } from "./ledger-statements.ts";
import { createLoadedTables } from "./loaded-tables.ts";

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const nothing: LoadedRows = { reservations: [], budgets: [], windows: [], billed: [], open: [], head: null };
const budget: Database["budgets"] = {
  id: "bud_1",
  subject: "project",
  subject_id: "prj_a",
  unit: "micros",
  period: "lifetime",
  max_amount: 100,
  shadow: 0,
  raise_amount: null,
  raise_until: null,
  created_at: noon,
};

test("an operation that throws leaves nothing of what it wrote, and the next goes on from there", () => {
  const tables = createLoadedTables({ ...nothing, budgets: [budget], open: [{ key_id: "key_a", count: 3 }] }, digest);
  assert.equal(tables.attempt(() => reserve(tables, sampleRequest("first", 40))).kind, "reserved");
  const before = tables.changes();
  assert.throws(() =>
    tables.attempt(() => {
      settle(tables, "first", toMicros(30), sampleUsage("first", 30), sampleEntry("request:first"));
      reserve(tables, sampleRequest("second", 20));
      throw new Error("after the fact");
    }),
  );
  assert.deepEqual(tables.changes(), before);
  assert.equal(tables.openReservations("key_a"), 4);
  assert.equal(tables.usageOutcome("first"), undefined);
  assert.equal(tables.appendAudit(sampleEntry("key:1")).sequence, 1);
});

test("a reservation that is made and settled in one batch is written as ended, with its sums", () => {
  const tables = createLoadedTables({ ...nothing, budgets: [budget], head: { sequence: 7, hash: "h" } }, digest);
  reserve(tables, sampleRequest("r", 40));
  settle(tables, "r", toMicros(30), sampleUsage("r", 30), sampleEntry("request:r"));
  const { windows, reservations, ended, audit } = tables.changes();
  assert.deepEqual(windows, [{ budgetId: "bud_1", start: 0, spent: 30, reserved: 0 }]);
  assert.deepEqual([reservations, ended], [[], ["r"]]);
  assert.partialDeepStrictEqual(audit[0], { sequence: 8, previousHash: "h" });
});

test("nothing is booked for a budget that is no more", () => {
  const before = createLoadedTables({ ...nothing, budgets: [budget] }, digest);
  reserve(before, sampleRequest("r", 40));
  const reservations = before
    .changes()
    .reservations.map((held) => ({ request_id: "r", lease_until: noon, body: JSON.stringify(held) }));
  const tables = createLoadedTables({ ...nothing, reservations }, digest);
  assert.equal(settle(tables, "r", toMicros(30), sampleUsage("r", 30), sampleEntry("request:r")), true);
  assert.deepEqual(tables.changes().windows, []);
});

test("sums that cannot be counted exactly fail the operation that would make them", () => {
  const tables = createLoadedTables({ ...nothing, budgets: [{ ...budget, shadow: 1 }] }, digest);
  for (const micros of [0.5, Number.MAX_SAFE_INTEGER + 1, Number.NaN]) {
    assert.throws(() => tables.attempt(() => reserve(tables, sampleRequest("r", micros))), RangeError);
  }
  assert.deepEqual(tables.changes().windows, []);
});
