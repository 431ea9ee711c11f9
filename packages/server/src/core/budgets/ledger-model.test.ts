import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { noUsage } from "@gantry/contracts/completion";
import type { Budget } from "@gantry/contracts/budgets";
import type { UsageRow } from "@gantry/contracts/usage";
import type { Amounts, ReserveRequest } from "../ports/ledger.ts";
import { findWindow } from "./budget-window.ts";
import { expire, extend, reserve, settle } from "./ledger-operations.ts";
import { createMemoryTables } from "./memory-tables.ts";

/** A much simpler ledger: it remembers the requests and adds up from nothing whenever it is asked. */
interface ModelRequest {
  readonly request: ReserveRequest;
  /** What it holds in the windows of `at`; of a settled one, what it spent. */
  readonly amounts: Amounts;
  readonly at: number;
  readonly state: "open" | "settled" | "lost";
}

const start = Date.parse("2026-11-30T23:58:00Z");
const leaseMs = 90_000;
const fixed = { nodeId: "n", projectId: "p", model: "m", driver: "d", profile: "x@1" };
const base = { shadow: false, raise: null, createdAt: 0 };
const budgets: readonly Budget[] = [
  { ...base, id: "project", subject: "project", subjectId: "p", unit: "micros", window: "day", limit: 120 },
  { ...base, id: "key", subject: "key", subjectId: "k0", unit: "tokens", window: "minute", limit: 50 },
  { ...base, id: "other", subject: "key", subjectId: "k1", unit: "micros", window: "month", limit: 60 },
  { ...base, id: "run", subject: "run", subjectId: "r0", unit: "micros", window: "lifetime", limit: 80 },
  { ...base, id: "shadow", subject: "project", subjectId: "p", unit: "tokens", window: "hour", limit: 1, shadow: true },
];

const appliesTo = (budget: Budget, { projectId, keyId, runId }: ReserveRequest): boolean =>
  budget.subjectId === { project: projectId, key: keyId, run: runId }[budget.subject];

const amounts = fc.record({ micros: fc.nat(60), tokens: fc.nat(40) });
const id = fc.constantFrom("a", "b", "c", "d", "e", "f");
const step = fc.oneof(
  fc.record({
    kind: fc.constant("reserve" as const),
    id,
    amounts,
    key: fc.constantFrom("k0", "k1"),
    run: fc.constantFrom("r0", null),
  }),
  fc.record({ kind: fc.constant("extend" as const), id, amounts }),
  fc.record({ kind: fc.constant("settle" as const), id, amounts }),
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 100_000 }) }),
  fc.record({ kind: fc.constant("expire" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function createRun() {
  const tables = createMemoryTables(budgets);
  const model = new Map<string, ModelRequest>();
  let now = start;

  const sumOf = (budget: Budget, windowStart: number, state: "open" | "settled"): number =>
    [...model.values()]
      .filter((known) => known.state === state && appliesTo(budget, known.request))
      .filter((known) => findWindow(budget.window, known.at).start === windowStart)
      .reduce((sum, known) => sum + known.amounts[budget.unit], 0);

  const fits = (request: ReserveRequest, more: Amounts, at: number): boolean =>
    budgets
      .filter((budget) => !budget.shadow && appliesTo(budget, request))
      .every((budget) => {
        const window = findWindow(budget.window, at).start;
        return sumOf(budget, window, "open") + sumOf(budget, window, "settled") + more[budget.unit] <= budget.limit;
      });

  function take({ id: requestId, amounts: wanted, key, run }: Extract<Step, { kind: "reserve" }>): void {
    const request: ReserveRequest = {
      ...fixed,
      requestId,
      now,
      leaseUntil: now + leaseMs,
      keyId: key,
      runId: run,
      amounts: wanted,
    };
    const known = model.get(requestId);
    const expected = known === undefined && !fits(request, wanted, now) ? "over_budget" : "reserved";
    const { kind } = reserve(tables, request);
    assert.equal(kind, known === undefined || known.state === "open" ? expected : "settled");
    if (known === undefined && kind === "reserved")
      model.set(requestId, { request, amounts: wanted, at: now, state: "open" });
  }

  function grow({ id: requestId, amounts: more }: Extract<Step, { kind: "extend" }>): void {
    const { kind } = extend(tables, requestId, more, now);
    const known = model.get(requestId);
    if (known === undefined) return assert.equal(kind, "unknown");
    if (known.state !== "open") return assert.equal(kind, "settled");
    assert.equal(kind, fits(known.request, more, known.at) ? "reserved" : "over_budget");
    if (kind !== "reserved") return;
    const { micros, tokens } = known.amounts;
    model.set(requestId, { ...known, amounts: { micros: micros + more.micros, tokens: tokens + more.tokens } });
  }

  function pay({ id: requestId, amounts: spent }: Extract<Step, { kind: "settle" }>): void {
    const known = model.get(requestId);
    // Who never reserved has nothing to settle.
    if (known === undefined) return;
    const done = settle(tables, requestId, spent, toUsage(known.request, spent, now), toAudit(now));
    assert.equal(done, known.state !== "settled");
    if (done)
      model.set(requestId, { ...known, amounts: spent, at: known.state === "open" ? known.at : now, state: "settled" });
  }

  function lose(all: boolean): void {
    for (const reservation of tables.reservations.values()) {
      if (!all && reservation.request.leaseUntil > now) continue;
      expire(tables, reservation, now);
      const known = model.get(reservation.request.requestId);
      if (known !== undefined) model.set(reservation.request.requestId, { ...known, state: "lost" });
    }
  }

  /** The tables say what adding up says, and every request that ended has one row. */
  function check(): void {
    for (const budget of budgets) {
      for (const [windowStart, sums] of tables.windows.get(budget.id) ?? []) {
        assert.equal(sums.reserved, sumOf(budget, windowStart, "open"), `${budget.id} reserved`);
        assert.equal(sums.spent, sumOf(budget, windowStart, "settled"), `${budget.id} spent`);
      }
    }
    const ended = [...model.values()].filter(({ state }) => state !== "open");
    assert.equal(tables.usage.size, ended.length);
    for (const { request, state } of ended)
      assert.equal(tables.usage.get(request.requestId)?.outcome === "lost", state === "lost");
  }

  function play(action: Step): void {
    if (action.kind === "reserve") take(action);
    else if (action.kind === "extend") grow(action);
    else if (action.kind === "settle") pay(action);
    else if (action.kind === "expire") lose(false);
    else now += action.ms;
  }

  return { play, check, lose, tables };
}

function toUsage(
  { requestId, projectId, keyId, runId, model, driver, profile }: ReserveRequest,
  spent: Amounts,
  at: number,
): UsageRow {
  const row = { id: requestId, at, projectId, keyId, runId, model, driver, profile, tokens: noUsage };
  return { ...row, costMicros: spent.micros, latencyMs: 0, firstTokenMs: null, outcome: "completed" };
}

function toAudit(at: number) {
  const nobody = { projectId: null, address: null, policy: null, detail: null, payloadDigest: null };
  return { at, actor: "k", action: "completion.finished", target: "request:r", result: "ok" as const, ...nobody };
}

test("whatever is reserved, extended, settled and lost in any order, the sums are those of the requests", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = createRun();
      for (const action of steps) {
        run.play(action);
        run.check();
      }
      run.lose(true);
      run.check();
      for (const windows of run.tables.windows.values())
        for (const { reserved } of windows.values()) assert.equal(reserved, 0);
    }),
    { numRuns: 500 },
  );
});

test("no reservation pushes spent plus reserved of an enforced budget over its limit", () => {
  const growing = step.filter(({ kind }) => kind === "reserve" || kind === "extend" || kind === "pass");
  fc.assert(
    fc.property(fc.array(growing, { maxLength: 80 }), (steps) => {
      const run = createRun();
      for (const action of steps) run.play(action);
      for (const budget of budgets.filter(({ shadow }) => !shadow)) {
        for (const { spent, reserved } of run.tables.windows.get(budget.id)?.values() ?? []) {
          assert.ok(spent + reserved <= budget.limit);
        }
      }
    }),
    { numRuns: 500 },
  );
});
