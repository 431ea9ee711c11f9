import { test } from "node:test";
import assert from "node:assert/strict";
import type { AuditEntry } from "@gantry/contracts/audit";
import type { Budget } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import type { Amounts, ReserveRequest } from "../ports/ledger.ts";
import { expire, extend, record, reserve, settle } from "./ledger-operations.ts";
import { createMemoryTables, type MemoryTables } from "./memory-tables.ts";

const now = Date.parse("2026-11-20T10:59:30Z");
const minute = Date.parse("2026-11-20T10:59:00Z");
const nextMinute = minute + 60_000;

const budgetOf = (change: Partial<Budget> = {}): Budget => ({
  id: "bud_1",
  subject: "key",
  subjectId: "key_1",
  unit: "micros",
  window: "minute",
  limit: 100,
  shadow: false,
  raise: null,
  createdAt: 0,
  ...change,
});

const requestOf = (requestId: string, micros: number, change: Partial<ReserveRequest> = {}): ReserveRequest => ({
  requestId,
  nodeId: "node",
  now,
  leaseUntil: now + 1000,
  projectId: "prj_1",
  keyId: "key_1",
  runId: null,
  model: "m",
  driver: "d",
  profile: "free@1",
  amounts: { micros, tokens: 0 },
  ...change,
});

const usageOf = (id: string, costMicros: number, at = now): UsageRow => ({
  id,
  at,
  projectId: "prj_1",
  keyId: "key_1",
  runId: null,
  model: "m",
  driver: "d",
  tokens: { inputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 1 },
  costMicros,
  latencyMs: 1,
  firstTokenMs: null,
  outcome: "completed",
  profile: "free@1",
});

const entry: AuditEntry = {
  at: now,
  actor: "key_1",
  action: "completion.finished",
  target: "request:r",
  projectId: "prj_1",
  address: null,
  policy: null,
  result: "ok",
  detail: null,
  payloadDigest: null,
};

const micros = (amount: number): Amounts => ({ micros: amount, tokens: 0 });
const pay = (tables: MemoryTables, id: string, amount: number, at = now): boolean =>
  settle(tables, id, micros(amount), usageOf(id, amount, at), entry);

test("what is left can be reserved to the last micro-dollar, and no more", () => {
  const tables = createMemoryTables([budgetOf()]);
  assert.deepEqual(reserve(tables, requestOf("a", 60)), { kind: "reserved" });
  assert.deepEqual(reserve(tables, requestOf("b", 41)), {
    kind: "over_budget",
    budget: { ...budgetOf(), spent: 0, reserved: 60, effectiveLimit: 100, resetsAt: nextMinute },
  });
  assert.deepEqual(reserve(tables, requestOf("b", 40)), { kind: "reserved" });
  assert.deepEqual(tables.window("bud_1", minute), { spent: 0, reserved: 100 });
});

test("one that may use the rest is let in while anything is left, and holds all others off until it is settled", () => {
  const tables = createMemoryTables([budgetOf()]);
  const restOf = (id: string) => ({ ...requestOf(id, 60), mayUseRest: true });
  for (const request of [requestOf("a", 99), restOf("b")]) assert.equal(reserve(tables, request).kind, "reserved");
  assert.deepEqual(tables.window("bud_1", minute), { spent: 0, reserved: 159 });
  pay(tables, "a", 50);
  const refused = [reserve(tables, restOf("c")), extend(tables, "b", micros(1), now)].map(({ kind }) => kind);
  assert.deepEqual(refused, ["over_budget", "over_budget"]);
  pay(tables, "b", 49);
  assert.deepEqual(reserve(tables, restOf("c")), { kind: "reserved" });
});

test("a refused request leaves nothing behind in any budget", () => {
  const roomy = budgetOf({ id: "bud_2", limit: 1000 });
  const tables = createMemoryTables([roomy, budgetOf()]);
  assert.equal(reserve(tables, requestOf("a", 101)).kind, "over_budget");
  assert.deepEqual([tables.windows.size, tables.reservations.size, tables.audit.length], [0, 0, 0]);
});

test("a repeated reservation reserves once", () => {
  const tables = createMemoryTables([budgetOf()]);
  for (const _ of [1, 2, 3]) assert.deepEqual(reserve(tables, requestOf("a", 60)), { kind: "reserved" });
  assert.deepEqual(tables.window("bud_1", minute), { spent: 0, reserved: 60 });
});

test("settling books the real figures, more or less than was reserved, once", () => {
  for (const real of [0, 10, 60, 250]) {
    const tables = createMemoryTables([budgetOf()]);
    reserve(tables, requestOf("a", 60));
    assert.equal(pay(tables, "a", real), true);
    assert.equal(pay(tables, "a", real), false);
    assert.deepEqual(tables.window("bud_1", minute), { spent: real, reserved: 0 });
    assert.deepEqual([tables.usage.size, tables.audit.length], [1, 1]);
    assert.deepEqual(reserve(tables, requestOf("a", 1)), { kind: "settled" });
  }
});

test("a reservation is settled in the window it was made in, and the next window begins empty", () => {
  const tables = createMemoryTables([budgetOf()]);
  reserve(tables, requestOf("a", 100));
  assert.equal(reserve(tables, requestOf("b", 100, { now: nextMinute })).kind, "reserved");
  pay(tables, "a", 90, nextMinute);
  assert.deepEqual(tables.window("bud_1", minute), { spent: 90, reserved: 0 });
  assert.deepEqual(tables.window("bud_1", nextMinute), { spent: 0, reserved: 100 });
});

test("an extension that does not fit is refused and leaves all as it was", () => {
  const tables = createMemoryTables([budgetOf(), budgetOf({ id: "bud_2", limit: 1000 })]);
  reserve(tables, requestOf("a", 60));
  const refused = extend(tables, "a", micros(41), now);
  assert.equal(refused.kind === "over_budget" && refused.budget.reserved, 60);
  assert.deepEqual(tables.window("bud_2", minute), { spent: 0, reserved: 60 });
  assert.deepEqual(extend(tables, "a", micros(40), now), { kind: "reserved" });
  assert.deepEqual(tables.reservation("a")?.amounts, micros(100));
});

test("an extension in the next window counts where the reservation was made", () => {
  const tables = createMemoryTables([budgetOf()]);
  reserve(tables, requestOf("a", 60));
  assert.equal(extend(tables, "a", micros(41), nextMinute).kind, "over_budget");
  assert.equal(extend(tables, "a", micros(40), nextMinute).kind, "reserved");
  assert.deepEqual(tables.window("bud_1", nextMinute), { spent: 0, reserved: 0 });
});

test("what is not open cannot be extended", () => {
  const tables = createMemoryTables([budgetOf()]);
  assert.deepEqual(extend(tables, "a", micros(1), now), { kind: "unknown" });
  reserve(tables, requestOf("a", 1));
  pay(tables, "a", 1);
  assert.deepEqual(extend(tables, "a", micros(1), now), { kind: "settled" });
});

test("a shadow budget counts and refuses nothing", () => {
  const tables = createMemoryTables([budgetOf({ shadow: true })]);
  assert.equal(reserve(tables, requestOf("a", 500)).kind, "reserved");
  assert.equal(extend(tables, "a", micros(500), now).kind, "reserved");
  pay(tables, "a", 900);
  assert.deepEqual(tables.window("bud_1", minute), { spent: 900, reserved: 0 });
});

test("a raise counts until it ends, and what was reserved under it is kept", () => {
  const tables = createMemoryTables([budgetOf({ window: "lifetime", raise: { amount: 50, until: now + 1 } })]);
  assert.equal(reserve(tables, requestOf("a", 150)).kind, "reserved");
  const refused = reserve(tables, requestOf("b", 0, { now: now + 1 }));
  assert.deepEqual(
    refused.kind === "over_budget" && [refused.budget.effectiveLimit, refused.budget.reserved],
    [100, 150],
  );
  assert.equal(pay(tables, "a", 150), true);
});

test("a lowered limit keeps what is spent", () => {
  const tables = createMemoryTables([budgetOf({ window: "lifetime" })]);
  reserve(tables, requestOf("a", 80));
  pay(tables, "a", 80);
  tables.budgets.set("bud_1", budgetOf({ window: "lifetime", limit: 50 }));
  const refused = reserve(tables, requestOf("b", 1));
  assert.equal(refused.kind === "over_budget" && refused.budget.spent, 80);
});

test("a budget deleted meanwhile, with its sums, refuses nothing and books nothing", () => {
  const tables = createMemoryTables([budgetOf()]);
  reserve(tables, requestOf("a", 100));
  tables.budgets.clear();
  tables.windows.clear();
  assert.equal(extend(tables, "a", micros(500), now).kind, "reserved");
  assert.equal(pay(tables, "a", 600), true);
  assert.deepEqual([tables.windows.size, tables.reservations.size, tables.usage.size], [0, 0, 1]);
});

test("only so many requests of a key are open at one time", () => {
  const tables = createMemoryTables();
  const limited = { concurrent: 1 };
  assert.equal(reserve(tables, requestOf("a", 1, limited)).kind, "reserved");
  assert.deepEqual(reserve(tables, requestOf("b", 1, limited)), { kind: "too_many_open", open: 1 });
  assert.equal(reserve(tables, requestOf("a", 1, limited)).kind, "reserved");
  assert.equal(reserve(tables, requestOf("c", 1, { ...limited, keyId: "key_2" })).kind, "reserved");
  pay(tables, "a", 1);
  assert.equal(reserve(tables, requestOf("b", 1, limited)).kind, "reserved");
});

test("an expired reservation frees everything, and its row says lost", () => {
  const tables = createMemoryTables([budgetOf()]);
  reserve(tables, requestOf("a", 60));
  const open = tables.reservation("a");
  assert.ok(open !== undefined);
  expire(tables, open, now + 2000);
  assert.deepEqual(tables.window("bud_1", minute), { spent: 0, reserved: 0 });
  assert.deepEqual([tables.usage.get("a")?.outcome, tables.usage.get("a")?.costMicros], ["lost", null]);
  assert.equal(tables.audit[0]?.action, "reservation.expired");
  assert.deepEqual(reserve(tables, requestOf("a", 1)), { kind: "settled" });
});

test("who settles after the lease ran out still pays, once", () => {
  const tables = createMemoryTables([budgetOf()]);
  reserve(tables, requestOf("a", 60));
  const open = tables.reservation("a");
  assert.ok(open !== undefined);
  expire(tables, open, now + 2000);
  assert.equal(pay(tables, "a", 70, nextMinute), true);
  assert.equal(pay(tables, "a", 70, nextMinute), false);
  assert.deepEqual(tables.window("bud_1", nextMinute), { spent: 70, reserved: 0 });
  assert.equal(tables.usage.get("a")?.outcome, "completed");
});

test("a row that costs nothing is written once and never over another", () => {
  const tables = createMemoryTables([budgetOf()]);
  const hit: UsageRow = { ...usageOf("a", 0), outcome: "cached" };
  assert.equal(record(tables, hit, entry), true);
  assert.equal(record(tables, hit, entry), false);
  reserve(tables, requestOf("b", 1));
  assert.equal(record(tables, { ...hit, id: "b" }, entry), false);
  assert.deepEqual([tables.usage.size, tables.audit.length, tables.windows.get("bud_1")?.size], [1, 1, 1]);
});

test("an amount that is none is a bug of the caller and never reaches a sum", () => {
  const tables = createMemoryTables([budgetOf()]);
  reserve(tables, requestOf("a", 1));
  for (const amount of [Number.NaN, Infinity, -1, 0.5, 2 ** 53]) {
    assert.throws(() => reserve(tables, requestOf("b", amount)), RangeError);
    assert.throws(() => extend(tables, "a", micros(amount), now), RangeError);
    assert.throws(() => pay(tables, "a", amount), RangeError);
  }
  assert.deepEqual(tables.window("bud_1", minute), { spent: 0, reserved: 1 });
});
