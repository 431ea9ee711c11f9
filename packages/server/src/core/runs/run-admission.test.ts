import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Budget } from "@gantry/contracts/budgets";
import { BudgetError } from "../budgets/admission-failures.ts";
import { reserve, settle } from "../budgets/ledger-operations.ts";
import { createMemoryTables } from "../budgets/memory-tables.ts";
import { createRunAdmission } from "./run-admission.ts";

const patience = new AbortController().signal;
const turns = async (): Promise<void> => {
  for (let count = 0; count < 5; count += 1) await new Promise(setImmediate);
};

/** The ledger's own rules over one budget of a run; each call reserves `estimate` and comes to `cost`. */
function createRun(limit: number, estimate: number, cost: number) {
  const base = { shadow: false, raise: null, createdAt: 0, window: "lifetime", unit: "tokens" } as const;
  const budget: Budget = { ...base, id: "b", subject: "run", subjectId: "run_a", limit };
  const tables = createMemoryTables([budget]);
  const admission = createRunAdmission();
  const names = { projectId: "p", keyId: "k", runId: "run_a", model: "m", driver: "d", profile: "x@1" };
  const sums = () => tables.windows.get("b")?.get(0) ?? { spent: 0, reserved: 0 };
  let count = 0;

  /** Resolves with what settles the call. */
  async function open(signal = patience): Promise<() => void> {
    const requestId = `req_${(count += 1)}`;
    const amounts = { micros: 0, tokens: estimate };
    const request = { ...names, requestId, nodeId: "n", now: 0, leaseUntil: 1, amounts, mayUseRest: true };
    const end = await admission.admit(
      "run_a",
      async () => {
        await new Promise(setImmediate);
        const outcome = reserve(tables, request);
        if (outcome.kind === "over_budget") throw new BudgetError(outcome.budget, 0);
        assert.equal(outcome.kind, "reserved");
      },
      signal,
    );
    return () => {
      const tokens = { inputTokens: cost, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
      const row = { ...names, id: requestId, at: 0, tokens, costMicros: 0, latencyMs: 0, firstTokenMs: null };
      const nobody = { actor: "k", projectId: null, address: null, policy: null, detail: null, payloadDigest: null };
      const audit = { ...nobody, at: 0, action: "a", target: "t", result: "ok" as const };
      settle(tables, requestId, { micros: 0, tokens: cost }, { ...row, outcome: "completed" }, audit);
      end();
    };
  }
  return { open, sums };
}

test("calls at one time are as many as the budget has room for, whatever each reserves at first", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 14 }),
      async (cost, slack, limit, calls) => {
        const run = createRun(limit, cost + slack, cost);
        let made = 0;
        const results = await Promise.allSettled(
          Array.from({ length: calls }, async () => {
            const done = await run.open();
            made += 1;
            for (let waits = made % 4; waits >= 0; waits -= 1) await new Promise(setImmediate);
            done();
          }),
        );
        const refused = results.filter(({ status }) => status === "rejected");
        assert.ok(refused.every((result) => result.status === "rejected" && result.reason instanceof BudgetError));
        assert.equal(made, Math.min(calls, Math.ceil(limit / cost)), "exactly as many as fit");
        assert.deepEqual(run.sums(), { spent: made * cost, reserved: 0 });
        assert.ok(run.sums().spent < limit + cost, "over it by less than one call");
      },
    ),
    { numRuns: 100 },
  );
});

test("a call waits while others hold what is left, and is let in when they leave some", async () => {
  const run = createRun(100, 80, 50);
  const [first, second] = [await run.open(), await run.open()];
  let isIn = false;
  const third = run.open().finally(() => (isIn = true));
  await turns();
  assert.equal(isIn, false, "160 are held");
  first();
  await turns();
  assert.equal(isIn, false, "50 are spent and 80 held");
  second();
  await assert.rejects(third, BudgetError);
});

test("whoever leaves while it waits lets nobody past those before, and holds nobody up", async () => {
  const run = createRun(100, 100, 30);
  const first = await run.open();
  const leaving = new AbortController();
  const second = run.open(leaving.signal);
  const gone = assert.rejects(second, /left/);
  const third = run.open();
  await turns();
  leaving.abort(new Error("left"));
  await gone;
  first();
  (await third)();
  assert.deepEqual(run.sums(), { spent: 60, reserved: 0 });
});

test("a refusal for another reason is told at once", async () => {
  const admission = createRunAdmission();
  const end = await admission.admit("run_a", async () => {}, patience);
  const broken = new Error("disk");
  await assert.rejects(
    admission.admit("run_a", () => Promise.reject(broken), patience),
    broken,
  );
  end();
  end();
  await admission.admit("run_a", async () => {}, patience);
});
